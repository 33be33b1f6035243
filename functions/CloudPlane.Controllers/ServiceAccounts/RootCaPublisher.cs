using CloudPlane.Client;

namespace CloudPlane.Controllers;

/// <summary>Keeps the ConfigMap kube-root-ca.crt in every active namespace: how pods know whom to trust as the API server.</summary>
internal sealed class RootCaPublisher(ApiClient api, Replicas replicas, string caPem) : IReconciler
{
    private const string MapName = "kube-root-ca.crt";
    private const string Entry = "ca.crt";
    private const string DescriptionKey = "kubernetes.io/description";
    private const string Description =
        "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or "
        + "kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.";

    /// <inheritdoc/>
    public string Name => "root-ca-certificate-publisher-controller";

    public IReadOnlyList<ControllerInput> Inputs =>
    [
        ControllerInput.Self<Namespace>(),
        ControllerInput.On<MetadataOf<ConfigMap>>(change =>
            change.Latest.Metadata.Name == MapName ? [new ObjectName("", change.Latest.Metadata.Namespace!)] : []),
    ];

    /// <inheritdoc/>
    public async ValueTask<ReconcileResult> ReconcileAsync(ReconcileKey key, CancellationToken cancellationToken)
    {
        var namespaces = await replicas.SyncAsync<Namespace>(cancellationToken).ConfigureAwait(false);
        if (namespaces.Get("", key.Name) is not { Metadata.DeletionTimestamp: null })
        {
            return ReconcileResult.Done;
        }
        var map = await api.GetAsync<ConfigMap>(key.Name, MapName, cancellationToken).ConfigureAwait(false);
        if (map is null)
        {
            await CreateIfAbsent.RunAsync(api.CreateAsync(Correct(new ConfigMap(), key.Name), cancellationToken)).ConfigureAwait(false);
        }
        else if (map.Data is not { Count: 1 } || map.Data.Find(Entry) != caPem || map.Metadata.Annotations.Find(DescriptionKey) != Description)
        {
            await api.UpdateAsync(Correct(map, key.Name), cancellationToken).ConfigureAwait(false);
        }
        return ReconcileResult.Done;
    }

    private ConfigMap Correct(ConfigMap map, string ns) => map with
    {
        Metadata = map.Metadata with
        {
            Namespace = ns,
            Name = MapName,
            Annotations = map.Metadata.Annotations.With(DescriptionKey, Description),
        },
        Data = new Dictionary<string, string> { [Entry] = caPem },
    };
}
