using CloudPlane.Client;

namespace CloudPlane.Scheduling;

/// <summary>
/// The fewer pods of the same controller a node has, the better: what Kubernetes' default topology spread constraint on
/// kubernetes.io/hostname comes to (https://kubernetes.io/docs/concepts/scheduling-eviction/topology-spread-constraints/).
/// </summary>
internal sealed class OwnerSpreadScore : IScore
{
    public int Weight => 2;

    public long[] Score(PodInfo pod, IReadOnlyList<NodeView> nodes, ClusterView cluster)
    {
        if (Owners.ControllerOf(pod.Pod.Metadata)?.Uid is not { } owner) return new long[nodes.Count];
        var siblings = CountByNode(owner, cluster);
        var counts = nodes.Select(n => siblings.GetValueOrDefault(n.Name)).ToArray();
        var (least, most) = (counts.Min(), counts.Max());
        return most == 0 ? [.. counts.Select(_ => 100L)] : [.. counts.Select(c => 100 * (most + least - c) / most)];
    }

    private static Dictionary<string, long> CountByNode(string owner, ClusterView cluster)
    {
        var counts = new Dictionary<string, long>();
        // Pods on their way out don't count, or a rolling update would pile up where the old ones are not.
        foreach (var pod in cluster.Pods.Find(ReplicaIndexes<Pod>.ControllerUid, owner))
            if (PodState.Occupies(pod) && pod.Metadata.DeletionTimestamp is null) Count(pod.Spec!.NodeName!);
        foreach (var assumed in cluster.Assumed)
            if (Owners.IsControlledBy(assumed.Pod.Metadata, owner)) Count(assumed.NodeName);
        return counts;

        void Count(string node) => counts[node] = counts.GetValueOrDefault(node) + 1;
    }
}
