namespace CloudPlane.Scheduling;

/// <summary>The preferred node affinity: the sum of the weights of the terms that match.</summary>
internal sealed class NodeAffinityScore : IScore
{
    public int Weight => 2;

    public long[] Score(PodInfo pod, IReadOnlyList<NodeView> nodes, ClusterView cluster)
    {
        var preferred = pod.Spec.Affinity?.NodeAffinity?.PreferredDuringSchedulingIgnoredDuringExecution ?? [];
        var sums = nodes.Select(Sum).ToArray();
        var most = sums.Max();
        return most == 0 ? sums : [.. sums.Select(s => s * 100 / most)];

        long Sum(NodeView node) =>
            preferred.Where(p => p.Preference is { } term && NodeSelectorTerms.Matches(term, node)).Sum(p => (long)(p.Weight ?? 0));
    }
}
