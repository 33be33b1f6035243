using CloudPlane.Client;

namespace CloudPlane.Scheduling;

/// <summary>When an unschedulable pod is tried again although nothing is known to have changed.</summary>
internal static class Retry
{
    public static readonly TimeSpan First = TimeSpan.FromSeconds(10);

    // As long as Kubernetes leaves a pod in its unschedulable queue.
    public static readonly TimeSpan Last = TimeSpan.FromMinutes(5);

    /// <summary>As long as it has been unschedulable: the delays double without any memory of the attempts.</summary>
    public static TimeSpan Delay(Pod pod, TimeProvider time)
    {
        var since = PodConditions.Find(pod, PodConditions.Scheduled) is { Status: "False" } condition ? condition.LastTransitionTime : null;
        var waited = time.GetUtcNow() - (since ?? time.GetUtcNow());
        return waited < First ? First : waited > Last ? Last : waited;
    }
}
