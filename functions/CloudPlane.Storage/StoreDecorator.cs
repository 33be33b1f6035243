namespace CloudPlane.Storage;

/// <summary>A store that adds to another one: whatever is not overridden goes to <see cref="Inner"/>, which is disposed with it.</summary>
public abstract class StoreDecorator(IStateStore inner) : IStateStore
{
    /// <summary>The store underneath.</summary>
    protected IStateStore Inner { get; } = inner;

    /// <inheritdoc/>
    public virtual ValueTask<long> GetHeadAsync(Partition partition, CancellationToken cancellationToken) =>
        Inner.GetHeadAsync(partition, cancellationToken);

    /// <inheritdoc/>
    public virtual ValueTask<StoredObject?> GetAsync(Partition partition, ObjectKey key, CancellationToken cancellationToken) =>
        Inner.GetAsync(partition, key, cancellationToken);

    /// <inheritdoc/>
    public virtual ValueTask<ObjectPage> ListAsync(Partition partition, ListQuery query, CancellationToken cancellationToken) =>
        Inner.ListAsync(partition, query, cancellationToken);

    /// <inheritdoc/>
    public virtual IAsyncEnumerable<ObjectPage> ScanAsync(Partition partition, ListQuery query, CancellationToken cancellationToken) =>
        Inner.ScanAsync(partition, query, cancellationToken);

    /// <inheritdoc/>
    public virtual ValueTask<WriteResult> WriteAsync(Partition partition, Write write, CancellationToken cancellationToken) =>
        Inner.WriteAsync(partition, write, cancellationToken);

    /// <inheritdoc/>
    public virtual ValueTask<IReadOnlyList<Change>> ReadLogAsync(Partition partition, long after, int limit, CancellationToken cancellationToken) =>
        Inner.ReadLogAsync(partition, after, limit, cancellationToken);

    /// <inheritdoc/>
    public virtual ValueTask<long> WaitForHeadAsync(Partition partition, long after, CancellationToken cancellationToken) =>
        Inner.WaitForHeadAsync(partition, after, cancellationToken);

    /// <inheritdoc/>
    public virtual ValueTask CompactAsync(Partition partition, long revision, CancellationToken cancellationToken) =>
        Inner.CompactAsync(partition, revision, cancellationToken);

    /// <inheritdoc/>
    public virtual ValueTask<IReadOnlyList<Partition>> ListPartitionsAsync(string cluster, CancellationToken cancellationToken) =>
        Inner.ListPartitionsAsync(cluster, cancellationToken);

    /// <inheritdoc/>
    public virtual async ValueTask DisposeAsync()
    {
        await Inner.DisposeAsync();
        GC.SuppressFinalize(this);
    }
}
