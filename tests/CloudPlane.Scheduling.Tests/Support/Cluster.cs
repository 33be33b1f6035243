using CloudPlane.Client;

namespace CloudPlane.Scheduling.Tests;

/// <summary>Views of made-up clusters.</summary>
internal static class Cluster
{
    public static ClusterView View(IEnumerable<Node> nodes, IEnumerable<Pod> pods, params Namespace[] namespaces) =>
        new(
            [.. nodes.Select(n => Make.View(n, [.. pods.Where(p => p.Spec!.NodeName == n.Metadata.Name)]))],
            ReplicaSnapshot<Pod>.Build(1, pods), [], ReplicaSnapshot<Namespace>.Build(1, namespaces));

    public static Decision Decide(Pod pod, IEnumerable<Node> nodes, params Pod[] pods) => new Placement(new Random(1)).Decide(new PodInfo(pod), View(nodes, pods));
}
