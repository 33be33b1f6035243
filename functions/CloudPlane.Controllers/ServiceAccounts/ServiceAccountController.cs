using CloudPlane.Client;

namespace CloudPlane.Controllers;

/// <summary>Keeps a ServiceAccount "default" in every active namespace: the one that pods run as when they name none.</summary>
internal sealed class ServiceAccountController(ApiClient api, Replicas replicas) : IReconciler
{
    private const string Default = "default";

    /// <inheritdoc/>
    public string Name => "serviceaccount-controller";

    public IReadOnlyList<ControllerInput> Inputs =>
    [
        ControllerInput.Self<Namespace>(),
        ControllerInput.On<MetadataOf<ServiceAccount>>(change =>
            change.IsDeletion && change.Latest.Metadata.Name == Default ? [new ObjectName("", change.Latest.Metadata.Namespace!)] : []),
    ];

    /// <inheritdoc/>
    public async ValueTask<ReconcileResult> ReconcileAsync(ReconcileKey key, CancellationToken cancellationToken)
    {
        var namespaces = await replicas.SyncAsync<Namespace>(cancellationToken).ConfigureAwait(false);
        var accounts = await replicas.SyncAsync<MetadataOf<ServiceAccount>>(cancellationToken).ConfigureAwait(false);
        if (namespaces.Get("", key.Name) is { Metadata.DeletionTimestamp: null } && accounts.Get(key.Name, Default) is null)
        {
            var account = new ServiceAccount { Metadata = new ObjectMeta { Namespace = key.Name, Name = Default } };
            await CreateIfAbsent.RunAsync(api.CreateAsync(account, cancellationToken)).ConfigureAwait(false);
        }
        return ReconcileResult.Done;
    }
}
