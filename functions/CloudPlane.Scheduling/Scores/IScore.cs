namespace CloudPlane.Scheduling;

/// <summary>Compares the nodes that passed the filters.</summary>
internal interface IScore
{
    /// <summary>How much it counts among the others; Kubernetes' default profile.</summary>
    int Weight { get; }

    /// <summary>Per node, in the order of <paramref name="nodes"/>: 0 (worst) to 100.</summary>
    long[] Score(PodInfo pod, IReadOnlyList<NodeView> nodes, ClusterView cluster);
}
