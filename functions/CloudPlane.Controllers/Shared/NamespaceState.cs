using CloudPlane.Client;

namespace CloudPlane.Controllers;

internal static class NamespaceState
{
    /// <summary>Whether the namespace is being deleted, or gone.</summary>
    public static async ValueTask<bool> IsTerminatingAsync(Replicas replicas, string name, CancellationToken cancellationToken)
    {
        var namespaces = await replicas.SyncAsync<Namespace>(cancellationToken).ConfigureAwait(false);
        return namespaces.Get("", name) is not { Metadata.DeletionTimestamp: null };
    }
}
