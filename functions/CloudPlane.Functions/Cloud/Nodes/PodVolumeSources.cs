using CloudPlane.Client;

namespace CloudPlane.Functions;

/// <summary>Pods by what their volumes show: the keys are "namespace/name".</summary>
internal static class PodVolumeSources
{
    public static readonly ReplicaIndex<Pod> ConfigMap = new(
        "volume config map",
        pod => Keys(pod, volume => volume.ConfigMap?.Name, projection => projection.ConfigMap?.Name));

    public static readonly ReplicaIndex<Pod> Secret = new(
        "volume secret",
        pod => Keys(pod, volume => volume.Secret?.SecretName, projection => projection.Secret?.Name));

    private static IEnumerable<string> Keys(Pod pod, Func<Volume, string?> direct, Func<VolumeProjection, string?> projected) =>
        (pod.Spec?.Volumes ?? [])
            .SelectMany(volume => (volume.Projected?.Sources ?? []).Select(projected).Prepend(direct(volume)))
            .OfType<string>().Distinct()
            .Select(name => new ObjectName(pod.Metadata.Namespace ?? "", name).ToString());
}
