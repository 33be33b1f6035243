namespace CloudPlane.Scheduling;

/// <summary>Each NoSchedule and NoExecute taint must be tolerated.</summary>
internal sealed class TaintTolerationFilter : IFilter
{
    public Rejection? Check(PodInfo pod, NodeView node)
    {
        foreach (var taint in node.Taints)
            if (taint.Effect is "NoSchedule" or "NoExecute" && !Tolerations.Tolerate(pod.Spec.Tolerations, taint))
                return new($"node(s) had untolerated taint {{{taint.Key}: {taint.Value}}}", unresolvable: true);
        return null;
    }
}
