using CloudPlane.Benchmarks;

switch (args)
{
    case ["bare-kestrel", var pki, var list, var get]:
        await BareKestrel.ServeAsync(pki, int.Parse(list), int.Parse(get));
        return 0;
    case ["store", .. var options]:
        Machine.Print();
        await StoreBenchmark.RunAsync(options);
        return 0;
    case ["tables"]:
        Machine.Print();
        await TablesBenchmark.RunAsync();
        return 0;
    case ["api"]:
        Machine.Print();
        await ApiBenchmark.RunAsync();
        return 0;
    case ["cold"]:
        Machine.Print();
        await ColdStartBenchmark.RunAsync();
        return 0;
    case ["handler"]:
        Machine.Print();
        await HandlerBenchmark.RunAsync();
        return 0;
    case ["pods"]:
        Machine.Print();
        await PodStartBenchmark.RunAsync();
        return 0;
    case ["cost"]:
        await CostBenchmark.RunAsync();
        return 0;
    default:
        Console.Error.WriteLine("usage: dotnet run -c Release --project tests/CloudPlane.Benchmarks -- store | tables | api | cold | handler | pods | cost");
        return 2;
}
