namespace CloudPlane.Scheduling;

/// <summary>The host ports that the pod asks for must be free.</summary>
internal sealed class NodePortsFilter : IFilter
{
    public Rejection? Check(PodInfo pod, NodeView node)
    {
        foreach (var wanted in pod.Load.Ports)
            foreach (var taken in node.Usage.Ports)
                if (wanted.ConflictsWith(taken)) return new("node(s) didn't have free ports for the requested pod ports", unresolvable: false);
        return null;
    }
}
