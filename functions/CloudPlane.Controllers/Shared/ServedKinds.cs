using CloudPlane.Client;

namespace CloudPlane.Controllers;

/// <summary>The kinds that are served. Those whose content no controller reads are replicated by their metadata only.</summary>
internal sealed class ServedKinds(ApiClient api, Replicas replicas)
{
    public IReadOnlyList<ClusterKind> All { get; } =
    [
        ClusterKind.Of<Namespace>(api, replicas),
        ClusterKind.Of<Node>(api, replicas),
        ClusterKind.Of<Pod>(api, replicas),
        ClusterKind.Of<Service>(api, replicas),
        ClusterKind.Of<Lease>(api, replicas),
        ClusterKind.Of<Deployment>(api, replicas),
        ClusterKind.Of<ReplicaSet>(api, replicas),
        ClusterKind.Of<EndpointSlice>(api, replicas),
        ClusterKind.Of<MetadataOf<ServiceAccount>>(api, replicas),
        ClusterKind.Of<MetadataOf<ConfigMap>>(api, replicas),
        ClusterKind.Of<MetadataOf<Secret>>(api, replicas),
        ClusterKind.Of<Event>(api, replicas),
    ];

    /// <summary>Kinds whose objects live in namespaces.</summary>
    public IEnumerable<ClusterKind> Namespaced => All.Where(kind => kind.Info.Namespaced);

    /// <summary>Kinds that take part in garbage collection: as in Kubernetes, all but events.</summary>
    public IEnumerable<ClusterKind> Collected => All.Where(kind => kind.Info.Kind != "Event");
}
