using CloudPlane.Functions;

return await CommandTable.RunAsync(args, Console.Out, Console.Error);
