using CloudPlane.Client;

namespace CloudPlane.Scheduling;

/// <summary>spec.topologySpreadConstraints with ScheduleAnyway: the fewer matching pods in the node's domains, the better.</summary>
internal sealed class TopologySpreadScore : IScore
{
    public int Weight => 2;

    public long[] Score(PodInfo pod, IReadOnlyList<NodeView> nodes, ClusterView cluster)
    {
        var soft = (pod.Spec.TopologySpreadConstraints ?? []).Where(c => c.WhenUnsatisfiable == "ScheduleAnyway").ToArray();
        if (soft.Length == 0) return new long[nodes.Count];
        var counts = soft.Select(c => new SpreadCount(c, soft, pod, cluster)).ToArray();
        // A node without a constraint's label is the last choice.
        var skews = nodes.Select(Skew).ToArray();
        var known = skews.OfType<long>().DefaultIfEmpty().ToArray();
        var (least, most) = (known.Min(), known.Max());
        return [.. skews.Select(s => s is not { } skew ? 0 : most == least ? 100 : 100 * (most - skew) / (most - least))];

        long? Skew(NodeView node) =>
            counts.All(c => c.DomainOf(node) is not null) ? counts.Sum(c => (long)c.SkewWith(c.DomainOf(node)!)) : null;
    }
}
