namespace CloudPlane.Benchmarks;

/// <summary>What was used in a time: one line for each cause.</summary>
internal sealed class Usage
{
    /// <summary>Executions, billed gigabyte seconds, table transactions and bus operations of one cause.</summary>
    public sealed record Line(long Executions, double GBSeconds, long Tables, long Bus)
    {
        public static Line operator +(Line one, Line other) =>
            new(one.Executions + other.Executions, one.GBSeconds + other.GBSeconds, one.Tables + other.Tables, one.Bus + other.Bus);
    }

    private readonly SortedDictionary<string, Line> _lines = new(StringComparer.Ordinal);

    public IReadOnlyDictionary<string, Line> Lines => _lines;

    public Line Total => _lines.Values.Aggregate(new Line(0, 0, 0, 0), static (sum, line) => sum + line);

    public void Add(string cause, Line line) => _lines[cause] = _lines.TryGetValue(cause, out var sofar) ? sofar + line : line;

    public void Clear() => _lines.Clear();
}
