using CloudPlane.Client;

namespace CloudPlane.Scheduling;

/// <summary>Finds the pods with required anti-affinity: they are few, and every decision has to ask them.</summary>
internal static class AntiAffinity
{
    public const string Key = "required";

    public static readonly ReplicaIndex<Pod> Index = new("antiAffinity", pod => Has(pod) ? [Key] : []);

    public static bool Has(Pod pod) => Terms(pod).Count > 0;

    public static IReadOnlyList<PodAffinityTerm> Terms(Pod pod) =>
        pod.Spec?.Affinity?.PodAntiAffinity?.RequiredDuringSchedulingIgnoredDuringExecution ?? [];
}
