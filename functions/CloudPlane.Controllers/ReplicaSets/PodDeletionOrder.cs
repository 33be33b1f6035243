using CloudPlane.Client;

namespace CloudPlane.Controllers;

/// <summary>
/// Which pods go first when there are too many (controller.ActivePodsWithRanks): unassigned, pending, not ready, lower deletion cost,
/// doubled up on a node, ready for a shorter time, restarted more often, younger.
/// </summary>
internal sealed class PodDeletionOrder(IReadOnlyDictionary<string, int> podsPerNode, DateTimeOffset now) : IComparer<Pod>
{
    private const string DeletionCost = "controller.kubernetes.io/pod-deletion-cost";

    /// <summary>The <paramref name="count"/> pods to delete out of <paramref name="pods"/>; <paramref name="related"/> are all pods of the same owner's owner.</summary>
    public static IEnumerable<Pod> Choose(IReadOnlyList<Pod> pods, IEnumerable<Pod> related, int count, DateTimeOffset now)
    {
        if (count >= pods.Count)
        {
            return pods;
        }
        var perNode = related
            .Where(pod => pod.IsActive() && !string.IsNullOrEmpty(pod.Spec?.NodeName))
            .GroupBy(pod => pod.Spec!.NodeName!)
            .ToDictionary(group => group.Key, group => group.Count());
        return pods.Order(new PodDeletionOrder(perNode, now)).Take(count);
    }

    public int Compare(Pod? x, Pod? y)
    {
        if (x is null || y is null)
        {
            return 0;
        }
        var order = IsAssigned(x).CompareTo(IsAssigned(y));
        order = order != 0 ? order : PhaseRank(x).CompareTo(PhaseRank(y));
        order = order != 0 ? order : x.IsReady().CompareTo(y.IsReady());
        order = order != 0 ? order : Cost(x).CompareTo(Cost(y));
        order = order != 0 ? order : Crowd(y).CompareTo(Crowd(x));
        order = order != 0 ? order : Age(ReadySince(x)).CompareTo(Age(ReadySince(y)));
        order = order != 0 ? order : Restarts(y).CompareTo(Restarts(x));
        order = order != 0 ? order : Age(x.Metadata.CreationTimestamp).CompareTo(Age(y.Metadata.CreationTimestamp));
        // Two runs at once have to pick the same pods.
        return order != 0 ? order : string.CompareOrdinal(x.Metadata.Uid, y.Metadata.Uid);
    }

    private static bool IsAssigned(Pod pod) => !string.IsNullOrEmpty(pod.Spec?.NodeName);

    private static int PhaseRank(Pod pod) => pod.Status?.Phase switch { "Pending" or null => 0, "Unknown" => 1, _ => 2 };

    private static int Cost(Pod pod) =>
        pod.Metadata.Annotations?.TryGetValue(DeletionCost, out var text) == true && int.TryParse(text, out var cost) ? cost : 0;

    private static DateTimeOffset? ReadySince(Pod pod) => pod.IsReady() ? pod.Condition("Ready")?.LastTransitionTime : null;

    private static int Restarts(Pod pod) => (pod.Status?.ContainerStatuses ?? []).Select(status => status.RestartCount ?? 0).DefaultIfEmpty().Max();

    private int Crowd(Pod pod) => pod.Spec?.NodeName is { Length: > 0 } node ? podsPerNode.GetValueOrDefault(node) : 0;

    // Ages are compared on a logarithmic scale (LogarithmicScaleDown), so that it isn't always the newest batch that goes.
    private int Age(DateTimeOffset? since) => since is null ? -1 : (int)Math.Log2(Math.Max((now - since.Value).TotalSeconds, 1));
}
