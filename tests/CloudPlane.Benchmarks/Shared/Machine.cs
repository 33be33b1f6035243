namespace CloudPlane.Benchmarks;

/// <summary>What the figures were measured on.</summary>
internal static class Machine
{
    public static void Print()
    {
        var model = File.ReadLines("/proc/cpuinfo").FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim() ?? "unknown CPU";
        var memory = long.Parse(File.ReadLines("/proc/meminfo").First().Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]) / 1048576;
        Console.WriteLine($"machine: {Environment.ProcessorCount} x {model}, {memory} GiB, {Environment.OSVersion.VersionString}, .NET {Environment.Version}");
    }
}
