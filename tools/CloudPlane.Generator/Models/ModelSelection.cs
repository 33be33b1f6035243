namespace CloudPlane.Generator;

/// <summary>Which types of the catalog get a record. Whatever these don't reach, or exclude, survives a round trip as raw bytes.</summary>
internal static class ModelSelection
{
    private const string Core = "io.k8s.api.core.v1.";
    private const string Meta = "io.k8s.apimachinery.pkg.apis.meta.v1.";

    /// <summary>The roots, in the order in which they claim the types that several of them share (a type goes into its first root's file).</summary>
    public static readonly string[] Roots =
    [
        Meta + "ObjectMeta", Meta + "OwnerReference", Meta + "LabelSelector", Meta + "ListMeta", Meta + "DeleteOptions", Meta + "Status",
        Core + "Pod", Core + "Node", Core + "Namespace", Core + "Service", Core + "ConfigMap", Core + "Secret", Core + "Event",
        Core + "ServiceAccount", Core + "Binding", "io.k8s.api.coordination.v1.Lease", "io.k8s.api.apps.v1.Deployment",
        "io.k8s.api.apps.v1.ReplicaSet", "io.k8s.api.discovery.v1.EndpointSlice", "io.k8s.api.policy.v1.Eviction",
        "io.k8s.api.autoscaling.v1.Scale",
    ];

    /// <summary>Kinds that clients get, list and watch, with their plural and whether they are namespaced.</summary>
    public static readonly IReadOnlyDictionary<string, (string Plural, bool Namespaced)> Resources =
        new Dictionary<string, (string, bool)>
        {
            [Core + "Pod"] = ("pods", true),
            [Core + "Node"] = ("nodes", false),
            [Core + "Namespace"] = ("namespaces", false),
            [Core + "Service"] = ("services", true),
            [Core + "ConfigMap"] = ("configmaps", true),
            [Core + "Secret"] = ("secrets", true),
            [Core + "Event"] = ("events", true),
            [Core + "ServiceAccount"] = ("serviceaccounts", true),
            ["io.k8s.api.coordination.v1.Lease"] = ("leases", true),
            ["io.k8s.api.apps.v1.Deployment"] = ("deployments", true),
            ["io.k8s.api.apps.v1.ReplicaSet"] = ("replicasets", true),
            ["io.k8s.api.discovery.v1.EndpointSlice"] = ("endpointslices", true),
        };

    /// <summary>Types that no program of ours reads or writes: a field that refers to one stays raw.</summary>
    public static readonly HashSet<string> RawTypes =
    [
        Meta + "ManagedFieldsEntry", Core + "EphemeralContainer",
        Core + "WindowsSecurityContextOptions", Core + "SELinuxOptions", Core + "PodResourceClaim", Core + "PodResourceClaimStatus",
        Core + "PodExtendedResourceClaimStatus", Core + "WorkloadReference", Core + "PodSchedulingGroup",
        Core + "ContainerResizePolicy", Core + "ContainerRestartRule",
        Core + "NodeConfigSource", Core + "NodeConfigStatus", Core + "ContainerUser", Core + "ResourceHealth", Core + "ResourceStatus",
        Core + "ResourceClaim", Core + "VolumeDevice", Core + "NodeFeatures", Core + "NodeRuntimeHandler", Core + "NodeSwapStatus",
    ];

    /// <summary>The sources of a volume that the agent serves; the others of its fields stay raw.</summary>
    public static readonly HashSet<string> VolumeSources =
        ["name", "emptyDir", "configMap", "secret", "hostPath", "projected", "downwardAPI", "persistentVolumeClaim"];

    /// <summary>Properties that can't have the name of their field, because the record has it.</summary>
    public static readonly IReadOnlyDictionary<(string Type, string Field), string> Renames =
        new Dictionary<(string, string), string>
        {
            [(Meta + "Status", "status")] = "Outcome",
            [(Core + "ContainerPort", "containerPort")] = "Port",
        };

    /// <summary>Whether a field of a type gets a property.</summary>
    public static bool Includes(string type, string field, Shape shape) =>
        !(type == Core + "Volume" && !VolumeSources.Contains(field))
        && !(type == Core + "VolumeProjection" && field is "clusterTrustBundle" or "podCertificate")
        && shape.CanBeTyped && !shape.Refs().Any(RawTypes.Contains);
}
