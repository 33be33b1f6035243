namespace CloudPlane.Scheduling;

/// <summary>A cordoned node takes no pods but those that tolerate it.</summary>
internal sealed class NodeUnschedulableFilter : IFilter
{
    private static readonly Client.Taint Cordon = new() { Key = "node.kubernetes.io/unschedulable", Effect = "NoSchedule" };

    public Rejection? Check(PodInfo pod, NodeView node) =>
        node.Node.Spec?.Unschedulable == true && !Tolerations.Tolerate(pod.Spec.Tolerations, Cordon)
            ? new("node(s) were unschedulable", unresolvable: true)
            : null;
}
