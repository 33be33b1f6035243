using System.Collections.Concurrent;
using System.Runtime.CompilerServices;

namespace CloudPlane.Storage;

/// <summary>State in this process's memory only: for tests and simulation. Every call completes at once, except waiting.</summary>
public sealed class MemoryStore(int maxDocumentBytes = StoreLimits.MaxDocumentBytes) : IStateStore
{
    private readonly ConcurrentDictionary<Partition, MemoryPartition> _partitions = new();
    private volatile bool _disposed;

    /// <inheritdoc/>
    public ValueTask<long> GetHeadAsync(Partition partition, CancellationToken cancellationToken) =>
        Run(partition, cancellationToken, static (p, _) => p.Signal.Head, 0);

    /// <inheritdoc/>
    public ValueTask<StoredObject?> GetAsync(Partition partition, ObjectKey key, CancellationToken cancellationToken) =>
        Run(partition, cancellationToken, static (p, key) => p.Get(key), key);

    /// <inheritdoc/>
    public ValueTask<ObjectPage> ListAsync(Partition partition, ListQuery query, CancellationToken cancellationToken) =>
        Run(partition, cancellationToken, static (p, query) => p.List(query), query);

    /// <inheritdoc/>
    public async IAsyncEnumerable<ObjectPage> ScanAsync(
        Partition partition, ListQuery query, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // The list holds references to documents that the store holds anyway.
        var all = await ListAsync(partition, query, cancellationToken);
        var from = 0;
        do
        {
            cancellationToken.ThrowIfCancellationRequested();
            var page = PageBounds.Take(all.Items, from);
            from += page.Count;
            yield return new(all.Revision, page, all.Remaining + all.Items.Count - from);
        }
        while (from < all.Items.Count);
    }

    /// <inheritdoc/>
    public ValueTask<WriteResult> WriteAsync(Partition partition, Write write, CancellationToken cancellationToken) =>
        Run(partition, cancellationToken, static (p, write) => p.Write(write), write);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<Change>> ReadLogAsync(Partition partition, long after, int limit, CancellationToken cancellationToken) =>
        Run(partition, cancellationToken, static (p, range) => p.ReadLog(range.after, range.limit), (after, limit));

    /// <inheritdoc/>
    public ValueTask<long> WaitForHeadAsync(Partition partition, long after, CancellationToken cancellationToken) =>
        Find(partition).Signal.WaitAsync(after, cancellationToken);

    /// <inheritdoc/>
    public async ValueTask CompactAsync(Partition partition, long revision, CancellationToken cancellationToken) =>
        await Run(partition, cancellationToken, static (p, revision) => p.Compact(revision), revision);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<Partition>> ListPartitionsAsync(string cluster, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        var written = _partitions.Where(p => p.Key.Cluster == cluster && p.Value.Signal.Head > 0).Select(p => p.Key);
        return new([.. written.OrderBy(p => p.Resource, StringComparer.Ordinal)]);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _disposed = true;
        foreach (var partition in _partitions.Values)
            partition.Signal.Close();
        return default;
    }

    private MemoryPartition Find(Partition partition)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return _partitions.GetOrAdd(partition, static (_, max) => new MemoryPartition(max), maxDocumentBytes);
    }

    // Errors arrive as a faulted task, as they do from a backend that really waits.
    private ValueTask<T> Run<T, TArgument>(
        Partition partition, CancellationToken cancellationToken, Func<MemoryPartition, TArgument, T> operation, TArgument argument)
    {
        if (cancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled<T>(cancellationToken);
        try
        {
            return new(operation(Find(partition), argument));
        }
        catch (Exception e) when (e is RevisionExpiredException or RevisionInFutureException or ObjectDisposedException or ArgumentException)
        {
            return ValueTask.FromException<T>(e);
        }
    }
}
