using CloudPlane.Client;

namespace CloudPlane.Scheduling;

/// <summary>Where a pod stands.</summary>
internal static class PodState
{
    public const string SchedulerName = "default-scheduler";

    public static bool IsTerminal(Pod pod) => pod.Status?.Phase is "Succeeded" or "Failed";

    /// <summary>Whether it holds a place on a node.</summary>
    public static bool Occupies(Pod? pod) => pod is { Spec.NodeName.Length: > 0 } && !IsTerminal(pod);

    /// <summary>Whether this scheduler is to find a node for it.</summary>
    public static bool AwaitsScheduling(Pod pod) =>
        pod.Spec is { } spec && string.IsNullOrEmpty(spec.NodeName) && spec.SchedulingGates is not { Count: > 0 }
        && (spec.SchedulerName is null or SchedulerName) && pod.Metadata.DeletionTimestamp is null && !IsTerminal(pod);
}
