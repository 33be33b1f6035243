using System.Text.Json;
using System.Text.Json.Nodes;

namespace CloudPlane.Schema;

/// <summary>
/// Which zero values mean "absent". In Go a field with omitempty that is no pointer can't tell the two apart, so the API server defaults
/// <c>periodSeconds: 0</c> as if it weren't there and never answers <c>hostNetwork: false</c>. A schema doesn't say what is a pointer:
/// empty lists, empty maps and empty strings are taken as absent unless listed, numbers and booleans only when listed.
/// </summary>
internal static class GoZero
{
    private static readonly HashSet<string> Pointers = new(StringComparer.Ordinal)
    {
        "EndpointPort.name", "EndpointPort.appProtocol", "ServicePort.appProtocol", "HostPathVolumeSource.type",
        "PersistentVolumeClaimSpec.storageClassName", "ServiceSpec.ipFamilyPolicy", "ServiceSpec.internalTrafficPolicy",
        "PodSpec.preemptionPolicy", "LeaseSpec.holderIdentity",
    };

    private static readonly HashSet<string> Scalars = new(StringComparer.Ordinal)
    {
        "ContainerPort.hostPort", "ServicePort.nodePort", "ServiceSpec.healthCheckNodePort", "ServiceSpec.publishNotReadyAddresses",
        "Probe.initialDelaySeconds", "Probe.timeoutSeconds", "Probe.periodSeconds", "Probe.successThreshold", "Probe.failureThreshold",
        "DeploymentSpec.minReadySeconds", "DeploymentSpec.paused", "ReplicaSetSpec.minReadySeconds",
        "DeploymentStatus.observedGeneration", "DeploymentStatus.replicas", "DeploymentStatus.updatedReplicas",
        "DeploymentStatus.readyReplicas", "DeploymentStatus.availableReplicas", "DeploymentStatus.unavailableReplicas",
        "ReplicaSetStatus.fullyLabeledReplicas", "ReplicaSetStatus.readyReplicas", "ReplicaSetStatus.availableReplicas",
        "ReplicaSetStatus.observedGeneration", "ObjectMeta.generation", "PodStatus.observedGeneration", "PodCondition.observedGeneration",
        "ContainerStateTerminated.signal", "Event.count", "EventSeries.count", "ScaleSpec.replicas",
        "PodSpec.hostNetwork", "PodSpec.hostPID", "PodSpec.hostIPC", "Container.stdin", "Container.stdinOnce", "Container.tty",
        "EphemeralContainer.stdin", "EphemeralContainer.stdinOnce", "EphemeralContainer.tty", "VolumeMount.readOnly", "NodeSpec.unschedulable",
        "NFSVolumeSource.readOnly", "PersistentVolumeClaimVolumeSource.readOnly", "ISCSIVolumeSource.readOnly", "RBDVolumeSource.readOnly",
        "CephFSVolumeSource.readOnly", "GlusterfsVolumeSource.readOnly", "FCVolumeSource.readOnly", "FlexVolumeSource.readOnly",
        "AWSElasticBlockStoreVolumeSource.readOnly", "GCEPersistentDiskVolumeSource.readOnly", "CinderVolumeSource.readOnly",
        "AzureFileVolumeSource.readOnly", "AWSElasticBlockStoreVolumeSource.partition", "GCEPersistentDiskVolumeSource.partition",
    };

    /// <summary>Whether the field counts as absent with this value.</summary>
    public static bool IsAbsent(ObjectSchema type, string name, FieldSchema field, JsonNode value) => field.Kind switch
    {
        FieldKind.Array => ((JsonArray)value).Count == 0 && !type.Required.Contains(name),
        FieldKind.Map => ((JsonObject)value).Count == 0,
        FieldKind.String => field.Format != "quantity" && IsEmptyText(value) && !type.Required.Contains(name) && !Pointers.Contains(Key(type, name)),
        FieldKind.Integer => value.AsNumber() == 0 && Scalars.Contains(Key(type, name)),
        FieldKind.Boolean => value.GetValueKind() == JsonValueKind.False && Scalars.Contains(Key(type, name)),
        _ => false,
    };

    private static bool IsEmptyText(JsonNode value) => value.AsText() is { Length: 0 };

    private static string Key(ObjectSchema type, string name) => $"{type.ShortName}.{name}";
}
