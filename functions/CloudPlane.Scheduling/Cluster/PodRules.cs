using CloudPlane.Client;

namespace CloudPlane.Scheduling;

/// <summary>
/// Pods whose place depends on where other pods are: any pod that comes or goes may let them in, on whatever node.
/// </summary>
internal static class PodRules
{
    public const string Key = "waiting";

    /// <summary>Those that wait for a node.</summary>
    public static readonly ReplicaIndex<Pod> WaitingIndex = new("podRules", pod => Has(pod) && PodState.AwaitsScheduling(pod) ? [Key] : []);

    public static bool Has(Pod pod) =>
        pod.Spec is { } spec && (spec.TopologySpreadConstraints is { Count: > 0 } || spec.Affinity?.PodAffinity is not null || AntiAffinity.Has(pod));
}
