Console.Error.WriteLine("functions-host-double: use FunctionsHostDouble.StartAsync");
return 2;
