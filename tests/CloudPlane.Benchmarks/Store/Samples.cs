using System.Diagnostics;

namespace CloudPlane.Benchmarks;

/// <summary>Latencies of one measurement, and how long it took as a whole.</summary>
internal sealed class Samples(TimeSpan elapsed, IEnumerable<long> ticks, TimeSpan processor = default)
{
    private readonly long[] _sorted = [.. ticks.Order()];

    public int Count => _sorted.Length;

    public double PerSecond => _sorted.Length / elapsed.TotalSeconds;

    public double Median => Microseconds(0.5);

    public double P99 => Microseconds(0.99);

    /// <summary>Microseconds of this process's processor time for each; tells more than the clock does on a busy machine.</summary>
    public double Processor => processor.TotalMicroseconds / _sorted.Length;

    /// <summary>Runs an operation in several loops at once for a while. The arguments are the loop's number and its turn.</summary>
    public static async Task<Samples> MeasureAsync(int loops, TimeSpan duration, Func<int, int, Task> operation)
    {
        var (start, processor) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);
        var ticks = await Task.WhenAll(Enumerable.Range(0, loops).Select(loop => Task.Run(() => LoopAsync(loop, start, duration, operation))));
        return new(Stopwatch.GetElapsedTime(start), ticks.SelectMany(t => t), Environment.CpuUsage.TotalTime - processor);
    }

    public override string ToString() => $"{PerSecond,9:N0}/s   median {Median,7:N0} us   p99 {P99,7:N0} us   processor {Processor,6:N1} us each";

    private static async Task<List<long>> LoopAsync(int loop, long start, TimeSpan duration, Func<int, int, Task> operation)
    {
        var ticks = new List<long>();
        for (var turn = 0; Stopwatch.GetElapsedTime(start) < duration; turn++)
        {
            var before = Stopwatch.GetTimestamp();
            await operation(loop, turn);
            ticks.Add(Stopwatch.GetTimestamp() - before);
        }
        return ticks;
    }

    private double Microseconds(double quantile) =>
        _sorted.Length == 0 ? 0 : _sorted[(int)((_sorted.Length - 1) * quantile)] * 1e6 / Stopwatch.Frequency;
}
