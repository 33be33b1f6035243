namespace CloudPlane.Scheduling;

/// <summary>The fewer PreferNoSchedule taints the pod doesn't tolerate, the better.</summary>
internal sealed class TaintTolerationScore : IScore
{
    public int Weight => 3;

    public long[] Score(PodInfo pod, IReadOnlyList<NodeView> nodes, ClusterView cluster)
    {
        var counts = nodes.Select(Untolerated).ToArray();
        var most = counts.Max();
        return most == 0 ? [.. counts.Select(_ => 100L)] : [.. counts.Select(c => 100 - (c * 100 / most))];

        long Untolerated(NodeView node) =>
            node.Taints.Count(t => t.Effect == "PreferNoSchedule" && !Tolerations.Tolerate(pod.Spec.Tolerations, t));
    }
}
