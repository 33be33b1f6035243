using System.Diagnostics;

namespace CloudPlane.Benchmarks;

/// <summary>Measured durations of one kind of operation.</summary>
internal sealed class Latencies
{
    private readonly List<double> _milliseconds = [];
    private readonly Lock _lock = new();

    public int Count => _milliseconds.Count;

    public double P50 => Percentile(50);

    public double P99 => Percentile(99);

    public void AddSince(long started)
    {
        var elapsed = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
        lock (_lock)
            _milliseconds.Add(elapsed);
    }

    public void Add(double milliseconds)
    {
        lock (_lock)
            _milliseconds.Add(milliseconds);
    }

    /// <summary>The nearest-rank percentile.</summary>
    public double Percentile(double percent)
    {
        lock (_lock)
        {
            var sorted = _milliseconds.Order().ToArray();
            return sorted.Length == 0 ? double.NaN : sorted[Math.Clamp((int)Math.Ceiling(percent / 100 * sorted.Length) - 1, 0, sorted.Length - 1)];
        }
    }

    public override string ToString() => $"p50 {P50:0.00} ms, p99 {P99:0.00} ms, n {Count}";
}
