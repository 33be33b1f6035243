namespace CloudPlane.Scheduling;

/// <summary>The more cpu and memory stay free, the better.</summary>
internal sealed class LeastAllocatedScore : IScore
{
    public int Weight => 1;

    public long[] Score(PodInfo pod, IReadOnlyList<NodeView> nodes, ClusterView cluster) =>
        [.. nodes.Select(node => (Free(pod, node, ResourceAmounts.Cpu) + Free(pod, node, ResourceAmounts.Memory)) / 2)];

    private static long Free(PodInfo pod, NodeView node, string resource)
    {
        var all = node.Allocatable[resource];
        var taken = node.Usage.NonZero[resource] + pod.Load.NonZero[resource];
        return all <= 0 || taken >= all ? 0 : (long)((Int128)(all - taken) * 100 / all);
    }
}
