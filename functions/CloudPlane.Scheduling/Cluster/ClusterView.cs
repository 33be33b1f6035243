using CloudPlane.Client;

namespace CloudPlane.Scheduling;

/// <summary>What one decision looks at: the nodes with what is taken of them, the pods, and the namespaces (for their labels).</summary>
internal sealed record ClusterView(
    IReadOnlyList<NodeView> Nodes, ReplicaSnapshot<Pod> Pods, IReadOnlyList<AssumedPod> Assumed, ReplicaSnapshot<Namespace> Namespaces)
{
    private readonly Dictionary<string, NodeView> _byName = Nodes.ToDictionary(n => n.Name);

    public NodeView? Node(string? name) => name is null ? null : _byName.GetValueOrDefault(name);

    /// <summary>The pods that hold a place on a node, and the node's name; those of a namespace, or all.</summary>
    public IEnumerable<(Pod Pod, string NodeName)> Placed(string? ns = null)
    {
        foreach (var pod in ns is null ? Pods.All : Pods.List(ns))
            if (PodState.Occupies(pod)) yield return (pod, pod.Spec!.NodeName!);
        foreach (var assumed in Assumed)
            if (ns is null || assumed.Pod.Metadata.Namespace == ns) yield return (assumed.Pod, assumed.NodeName);
    }

    /// <summary>The placed pods that keep others away.</summary>
    public IEnumerable<(Pod Pod, string NodeName)> PlacedWithAntiAffinity() =>
        Pods.Find(AntiAffinity.Index, AntiAffinity.Key).Where(PodState.Occupies).Select(p => (p, p.Spec!.NodeName!))
            .Concat(Assumed.Where(a => AntiAffinity.Has(a.Pod)).Select(a => (a.Pod, a.NodeName)));
}
