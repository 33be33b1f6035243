using CloudPlane.Storage;

namespace CloudPlane.Benchmarks;

/// <summary>The store by itself: writes beside etcd's in the same run, then its reads.</summary>
internal static class StoreBenchmark
{
    public static async Task RunAsync(string[] arguments)
    {
        var directory = Directory.CreateTempSubdirectory("cloudplane-store-benchmark-").FullName;
        try
        {
            var disk = new DriveInfo(directory).DriveFormat;
            Console.WriteLine($"disk of {directory}: {disk}, append of 4 KiB + sync {DiskAndMemory.MeasureSync(directory).TotalMicroseconds:0} us (median)");
            if (!arguments.Contains("--no-writes"))
                await new StoreWriteBenchmark(new Workload(), directory, withEtcd: !arguments.Contains("--no-etcd")).RunAsync();
            if (!arguments.Contains("--no-reads"))
                await new StoreReadBenchmark(new Workload(), Path.Combine(directory, "reads")).RunAsync();
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }
}
