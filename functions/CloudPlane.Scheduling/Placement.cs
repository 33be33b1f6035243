namespace CloudPlane.Scheduling;

/// <summary>Filters, then scores: the choice of a node. No I/O; the same view, pod and random sequence give the same node.</summary>
internal sealed class Placement(Random random)
{
    // In Kubernetes' order: the first filter that rejects a node names the reason.
    private readonly IFilter[] _filters =
    [
        new NodeUnschedulableFilter(), new TaintTolerationFilter(), new NodeAffinityFilter(), new NodePortsFilter(),
        new NodeResourcesFitFilter(),
    ];

    private readonly IClusterFilter[] _clusterFilters = [new TopologySpreadFilter(), new PodAffinityFilter()];

    private readonly IScore[] _scores =
    [
        new TaintTolerationScore(), new NodeAffinityScore(), new PodAffinityScore(), new TopologySpreadScore(), new OwnerSpreadScore(),
        new LeastAllocatedScore(),
    ];

    public Decision Decide(PodInfo pod, ClusterView cluster)
    {
        if (cluster.Nodes.Count == 0) return Decision.Nowhere(FitMessage.NoNodes);
        var fits = new List<NodeView>();
        var rejections = new List<Rejection>();
        var filters = FiltersFor(pod, cluster);
        foreach (var node in cluster.Nodes)
        {
            if (Check(filters, pod, node) is { } rejection) rejections.Add(rejection);
            else fits.Add(node);
        }
        if (fits.Count == 0) return Decision.Nowhere(FitMessage.Of(pod.Spec, rejections));
        return Decision.On(fits.Count == 1 ? fits[0].Name : Best(pod, fits, cluster).Name);
    }

    /// <summary>Whether the pod could go to this node.</summary>
    public bool Fits(PodInfo pod, NodeView node, ClusterView cluster) =>
        Check(_filters, pod, node) is null && Check(FiltersFor(pod, cluster), pod, node) is null;

    private IFilter[] FiltersFor(PodInfo pod, ClusterView cluster) =>
        [.. _filters, .. _clusterFilters.Select(f => f.For(pod, cluster)).OfType<IFilter>()];

    private static Rejection? Check(IFilter[] filters, PodInfo pod, NodeView node)
    {
        foreach (var filter in filters)
            if (filter.Check(pod, node) is { } rejection) return rejection;
        return null;
    }

    private NodeView Best(PodInfo pod, List<NodeView> nodes, ClusterView cluster)
    {
        var totals = new long[nodes.Count];
        foreach (var score in _scores)
        {
            var scores = score.Score(pod, nodes, cluster);
            for (var i = 0; i < totals.Length; i++) totals[i] += scores[i] * score.Weight;
        }
        // Among equals one is drawn, so that several schedulers don't all choose the first.
        var most = totals.Max();
        var best = Enumerable.Range(0, totals.Length).Where(i => totals[i] == most).ToArray();
        return nodes[best[best.Length == 1 ? 0 : random.Next(best.Length)]];
    }
}
