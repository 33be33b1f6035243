using System.Text.Json;

namespace CloudPlane.Client;

/// <summary>
/// An in-memory copy of a resource, brought to the store's head before use. Many callers may sync and read at once.
/// </summary>
public sealed class Replica<T>(IChangeFeed feed) : IDisposable where T : class, IKubernetesObject<T>
{
    private readonly SemaphoreSlim _catchUp = new(1);
    private ReplicaSnapshot<T> _snapshot = ReplicaSnapshot<T>.Build(-1, []);

    /// <summary>The newest snapshot that was synced. It may lag: call <see cref="SyncAsync"/> first.</summary>
    public ReplicaSnapshot<T> Snapshot => Volatile.Read(ref _snapshot);

    /// <summary>
    /// Returns a snapshot that has every change committed before the call. Costs one read of the head when nothing changed;
    /// concurrent calls share the catching up.
    /// </summary>
    /// <exception cref="InvalidDataException">A stored object can't be read.</exception>
    public async ValueTask<ReplicaSnapshot<T>> SyncAsync(CancellationToken cancellationToken)
    {
        var head = await feed.GetHeadAsync(T.Resource.StorageName, cancellationToken).ConfigureAwait(false);
        if (Snapshot.Revision >= head) return Snapshot;
        await _catchUp.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            // Whoever waited here finds that the one before it has read as far as both need.
            while (Snapshot.Revision < head) await StepAsync(cancellationToken).ConfigureAwait(false);
            return Snapshot;
        }
        finally
        {
            _catchUp.Release();
        }
    }

    /// <summary>The object as of the last sync, or null.</summary>
    public T? Get(string ns, string name) => Snapshot.Get(ns, name);

    /// <summary>A namespace's objects as of the last sync, ordered by name.</summary>
    public IEnumerable<T> List(string ns) => Snapshot.List(ns);

    /// <summary>The objects filed under a key as of the last sync, ordered by namespace and name.</summary>
    public IEnumerable<T> Find(ReplicaIndex<T> index, string key) => Snapshot.Find(index, key);

    /// <inheritdoc/>
    public void Dispose() => _catchUp.Dispose();

    private async ValueTask StepAsync(CancellationToken cancellationToken)
    {
        var current = Snapshot;
        var changes = current.Revision < 0
            ? null
            : await feed.ReadAsync(T.Resource.StorageName, current.Revision, cancellationToken).ConfigureAwait(false);
        // No log (any more) from where this copy stands: list again.
        Volatile.Write(ref _snapshot, changes is { Count: > 0 }
            ? current.Apply(changes[^1].Revision, changes.Select(c => (c.Deleted, Parse(c.Document))).ToArray())
            : await ListAsync(cancellationToken).ConfigureAwait(false));
    }

    private async ValueTask<ReplicaSnapshot<T>> ListAsync(CancellationToken cancellationToken)
    {
        var list = await feed.ListAsync(T.Resource.StorageName, cancellationToken).ConfigureAwait(false);
        return ReplicaSnapshot<T>.Build(list.Revision, list.Objects.Select(Parse).ToArray());
    }

    private static T Parse(ReadOnlyMemory<byte> document)
    {
        try
        {
            return ModelJson.Parse<T>(document.Span);
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"a stored object of {T.Resource.StorageName} can't be read: {e.Message}", e);
        }
    }
}
