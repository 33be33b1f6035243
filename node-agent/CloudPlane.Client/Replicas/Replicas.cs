using System.Collections.Concurrent;

namespace CloudPlane.Client;

/// <summary>A cluster's replicas; each is made when it is first asked for and then shared by all who read the resource.</summary>
public sealed class Replicas(IChangeFeed feed) : IDisposable
{
    private readonly ConcurrentDictionary<Type, IDisposable> _replicas = new();

    /// <summary>The replica of a resource.</summary>
    public Replica<T> Of<T>() where T : class, IKubernetesObject<T> =>
        (Replica<T>)_replicas.GetOrAdd(typeof(T), static (_, feed) => new Replica<T>(feed), feed);

    /// <summary>The replica of a resource, synced to the store's head: what a reconciler starts with.</summary>
    public ValueTask<ReplicaSnapshot<T>> SyncAsync<T>(CancellationToken cancellationToken) where T : class, IKubernetesObject<T> =>
        Of<T>().SyncAsync(cancellationToken);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var replica in _replicas.Values) replica.Dispose();
    }
}
