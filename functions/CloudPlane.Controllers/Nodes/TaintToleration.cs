using CloudPlane.Client;

namespace CloudPlane.Controllers;

/// <summary>Until when a pod bears the NoExecute taints of its node.</summary>
internal static class TaintToleration
{
    public static IEnumerable<Taint> NoExecute(Node? node) => (node?.Spec?.Taints ?? []).Where(taint => taint.Effect == "NoExecute");

    /// <summary>The moment of its eviction: in the past for a taint that it doesn't tolerate, null for never.</summary>
    public static DateTimeOffset? EvictionTime(Pod pod, IEnumerable<Taint> taints)
    {
        var bound = pod.Condition("PodScheduled")?.LastTransitionTime ?? pod.Metadata.CreationTimestamp ?? DateTimeOffset.MinValue;
        return taints.Select(taint => EvictionTime(pod, taint, bound)).Min();
    }

    private static DateTimeOffset? EvictionTime(Pod pod, Taint taint, DateTimeOffset bound)
    {
        var tolerations = (pod.Spec?.Tolerations ?? []).Where(toleration => Tolerates(toleration, taint)).ToList();
        if (tolerations.Count == 0)
        {
            return DateTimeOffset.MinValue;
        }
        // The shortest of the limits counts; a toleration without one sets none.
        var limit = tolerations.Min(toleration => toleration.TolerationSeconds);
        // A pod that came after the taint gets its time from then.
        var since = taint.TimeAdded > bound ? taint.TimeAdded.Value : bound;
        return limit is { } seconds ? since.AddSeconds(Math.Max(seconds, 0)) : null;
    }

    private static bool Tolerates(Toleration toleration, Taint taint) =>
        (string.IsNullOrEmpty(toleration.Effect) || toleration.Effect == taint.Effect)
        && (string.IsNullOrEmpty(toleration.Key) ? toleration.Operator == "Exists" : toleration.Key == taint.Key)
        && (toleration.Operator == "Exists" || (toleration.Value ?? "") == (taint.Value ?? ""));
}
