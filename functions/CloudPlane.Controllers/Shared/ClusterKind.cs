using CloudPlane.Client;

namespace CloudPlane.Controllers;

/// <summary>
/// What the controllers that work on objects of any kind (garbage collection, the emptying of namespaces) need of one kind: its objects'
/// metadata from a replica, and the few calls that don't depend on the kind.
/// </summary>
internal abstract class ClusterKind
{
    /// <summary>The kind's facts.</summary>
    public abstract ResourceInfo Info { get; }

    public static ClusterKind Of<T>(ApiClient api, Replicas replicas) where T : class, IKubernetesObject<T> => new Typed<T>(api, replicas);

    /// <summary>Tells of each change of an object of this kind, by its metadata before and after.</summary>
    public abstract ControllerInput Input(
        Func<ClusterKind, ObjectMeta?, ObjectMeta?, CancellationToken, ValueTask<IEnumerable<ObjectName>>> keys);

    /// <summary>The object, as of the store's head.</summary>
    public abstract ValueTask<ObjectMeta?> FindAsync(string ns, string name, CancellationToken cancellationToken);

    /// <summary>The objects with an owner reference to the uid.</summary>
    public abstract ValueTask<IReadOnlyList<ObjectMeta>> DependentsAsync(string ownerUid, CancellationToken cancellationToken);

    /// <summary>A namespace's objects.</summary>
    public abstract ValueTask<IReadOnlyList<ObjectMeta>> ListAsync(string ns, CancellationToken cancellationToken);

    /// <summary>The object, asked of the API itself.</summary>
    public abstract Task<ObjectMeta?> GetLiveAsync(string ns, string name, CancellationToken cancellationToken);

    /// <summary>Deletes exactly this object; one that is gone already, or was replaced, is no error.</summary>
    public abstract Task DeleteAsync(ObjectMeta target, string propagationPolicy, CancellationToken cancellationToken);

    /// <summary>Applies a JSON merge patch.</summary>
    public abstract Task PatchAsync(ObjectMeta target, ReadOnlyMemory<byte> patch, CancellationToken cancellationToken);

    private sealed class Typed<T>(ApiClient api, Replicas replicas) : ClusterKind where T : class, IKubernetesObject<T>
    {
        public override ResourceInfo Info => T.Resource;

        public override ControllerInput Input(Func<ClusterKind, ObjectMeta?, ObjectMeta?, CancellationToken, ValueTask<IEnumerable<ObjectName>>> keys) =>
            ControllerInput.OnAsync<T>((change, cancellationToken) => keys(this, change.Previous?.Metadata, change.Current?.Metadata, cancellationToken));

        public override async ValueTask<ObjectMeta?> FindAsync(string ns, string name, CancellationToken cancellationToken) =>
            (await replicas.SyncAsync<T>(cancellationToken).ConfigureAwait(false)).Get(ns, name)?.Metadata;

        public override async ValueTask<IReadOnlyList<ObjectMeta>> DependentsAsync(string ownerUid, CancellationToken cancellationToken)
        {
            var all = await replicas.SyncAsync<T>(cancellationToken).ConfigureAwait(false);
            return [.. all.Find(ReplicaIndexes<T>.OwnerUid, ownerUid).Select(value => value.Metadata)];
        }

        public override async ValueTask<IReadOnlyList<ObjectMeta>> ListAsync(string ns, CancellationToken cancellationToken)
        {
            var all = await replicas.SyncAsync<T>(cancellationToken).ConfigureAwait(false);
            return [.. all.List(ns).Select(value => value.Metadata)];
        }

        public override async Task<ObjectMeta?> GetLiveAsync(string ns, string name, CancellationToken cancellationToken) =>
            (await api.GetAsync<T>(ns, name, cancellationToken).ConfigureAwait(false))?.Metadata;

        public override async Task DeleteAsync(ObjectMeta target, string propagationPolicy, CancellationToken cancellationToken)
        {
            var options = new DeleteOptions { PropagationPolicy = propagationPolicy, Preconditions = new Preconditions { Uid = target.Uid } };
            try
            {
                await api.DeleteAsync<T>(target.Namespace ?? "", target.Name!, options, cancellationToken).ConfigureAwait(false);
            }
            catch (ApiException gone) when (gone.IsNotFound || gone.IsConflict)
            {
            }
        }

        public override Task PatchAsync(ObjectMeta target, ReadOnlyMemory<byte> patch, CancellationToken cancellationToken) =>
            api.PatchAsync<T>(target.Namespace ?? "", target.Name!, PatchKind.Merge, patch, null, cancellationToken);
    }
}
