using System.Collections.Concurrent;

namespace CloudPlane.Doubles;

/// <summary>Counts billed operations: one for each call, and for each further 64 KB that it carries.</summary>
public sealed class OperationMeter
{
    private const long Step = 64 * 1024;

    private readonly ConcurrentDictionary<(string Queue, OperationKind Kind), long> _counts = new();

    public long Total => _counts.Values.Sum();

    public long Count(OperationKind kind) => _counts.Where(count => count.Key.Kind == kind).Sum(count => count.Value);

    public long Count(string queue) => _counts.Where(count => count.Key.Queue.Equals(queue, StringComparison.OrdinalIgnoreCase)).Sum(count => count.Value);

    public long Count(string queue, OperationKind kind) =>
        _counts.Where(count => count.Key.Kind == kind && count.Key.Queue.Equals(queue, StringComparison.OrdinalIgnoreCase)).Sum(count => count.Value);

    internal void Add(string queue, OperationKind kind, long bytes)
    {
        var operations = Math.Max(1, (bytes + Step - 1) / Step);
        _counts.AddOrUpdate((queue, kind), operations, (_, count) => count + operations);
    }
}
