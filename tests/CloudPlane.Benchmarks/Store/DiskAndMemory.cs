using System.Diagnostics;

namespace CloudPlane.Benchmarks;

/// <summary>What a durable write can't be faster than, and what this process occupies.</summary>
internal static class DiskAndMemory
{
    /// <summary>Resident memory of this process, bytes.</summary>
    public static long ResidentBytes => Environment.WorkingSet;

    /// <summary>The median time to append 4 KiB to a file in a directory and to sync it.</summary>
    public static TimeSpan MeasureSync(string directory)
    {
        var path = Path.Combine(directory, "sync-probe");
        using var file = new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.Create,
            Access = FileAccess.Write,
            BufferSize = 0,
            Options = FileOptions.DeleteOnClose,
        });
        var block = new byte[4096];
        var times = new List<TimeSpan>();
        for (var i = 0; i < 200; i++)
        {
            var start = Stopwatch.GetTimestamp();
            RandomAccess.Write(file.SafeFileHandle, block, i * block.Length);
            RandomAccess.FlushToDisk(file.SafeFileHandle);
            times.Add(Stopwatch.GetElapsedTime(start));
        }
        return times.Order().ElementAt(times.Count / 2);
    }
}
