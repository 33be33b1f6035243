using CloudPlane.Doubles;

const int misuse = 2;
if (args is [] or ["--help"] or ["-h"])
{
    Console.WriteLine(CommandLine.Usage);
    return args.Length == 0 ? misuse : 0;
}

try
{
    await HostCommand.RunAsync(CommandLine.Parse(args), Console.Out);
    return 0;
}
catch (Exception e) when (e is FormatException or AppFolderException or ArgumentException or BusException)
{
    Console.Error.WriteLine($"functions-host-double: {e.Message}");
    return misuse;
}
catch (IOException e)
{
    Console.Error.WriteLine($"functions-host-double: {e.Message}");
    return 1;
}
