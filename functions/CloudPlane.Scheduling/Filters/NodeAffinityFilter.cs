namespace CloudPlane.Scheduling;

/// <summary>spec.nodeSelector and the required node affinity.</summary>
internal sealed class NodeAffinityFilter : IFilter
{
    public Rejection? Check(PodInfo pod, NodeView node) =>
        Matches(pod, node) ? null : new("node(s) didn't match Pod's node affinity/selector", unresolvable: true);

    private static bool Matches(PodInfo pod, NodeView node)
    {
        if (pod.Spec.NodeSelector is { } selector && !Client.LabelSelectors.ContainsAll(node.Labels, selector)) return false;
        var required = pod.Spec.Affinity?.NodeAffinity?.RequiredDuringSchedulingIgnoredDuringExecution;
        // The terms are alternatives; none of none matches.
        return required is null || (required.NodeSelectorTerms ?? []).Any(term => NodeSelectorTerms.Matches(term, node));
    }
}
