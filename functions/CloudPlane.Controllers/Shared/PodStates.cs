using CloudPlane.Client;

namespace CloudPlane.Controllers;

internal static class PodStates
{
    /// <summary>Succeeded or Failed: no container of the pod will run again.</summary>
    public static bool IsTerminal(this Pod pod) => pod.Status?.Phase is "Succeeded" or "Failed";

    public static bool IsTerminating(this Pod pod) => pod.Metadata.DeletionTimestamp is not null;

    /// <summary>Counts towards a ReplicaSet's replicas: neither finished nor being deleted.</summary>
    public static bool IsActive(this Pod pod) => !pod.IsTerminal() && !pod.IsTerminating();

    public static PodCondition? Condition(this Pod pod, string type) => pod.Status?.Conditions?.FirstOrDefault(condition => condition.Type == type);

    public static bool IsReady(this Pod pod) => pod.Condition("Ready")?.Status == "True";

    /// <summary>When the pod has been, or will have been, ready for the given time; null when it isn't ready.</summary>
    public static DateTimeOffset? AvailableAt(this Pod pod, int minReadySeconds)
    {
        if (pod.Condition("Ready") is not { Status: "True" } ready)
        {
            return null;
        }
        if (minReadySeconds == 0)
        {
            return DateTimeOffset.MinValue;
        }
        return ready.LastTransitionTime?.AddSeconds(minReadySeconds);
    }

    public static bool IsAvailable(this Pod pod, int minReadySeconds, DateTimeOffset now) => pod.AvailableAt(minReadySeconds) <= now;
}
