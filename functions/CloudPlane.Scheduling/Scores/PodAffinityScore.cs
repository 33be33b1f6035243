using CloudPlane.Client;

namespace CloudPlane.Scheduling;

/// <summary>
/// Preferred affinity and anti-affinity between pods: the weights of the terms whose pods are in the node's domain, for or against.
/// </summary>
internal sealed class PodAffinityScore : IScore
{
    public int Weight => 2;

    public long[] Score(PodInfo pod, IReadOnlyList<NodeView> nodes, ClusterView cluster)
    {
        var (near, far) = (pod.Spec.Affinity?.PodAffinity, pod.Spec.Affinity?.PodAntiAffinity);
        var sums = new long[nodes.Count];
        foreach (var term in near?.PreferredDuringSchedulingIgnoredDuringExecution ?? [])
            Add(term.PodAffinityTerm ?? new(), term.Weight ?? 0, pod.Pod, nodes, cluster, sums);
        foreach (var term in far?.PreferredDuringSchedulingIgnoredDuringExecution ?? [])
            Add(term.PodAffinityTerm ?? new(), -(term.Weight ?? 0), pod.Pod, nodes, cluster, sums);
        var (least, most) = (sums.Min(), sums.Max());
        return least == most ? new long[nodes.Count] : [.. sums.Select(s => 100 * (s - least) / (most - least))];
    }

    private static void Add(
        PodAffinityTerm term, long weight, Pod pod, IReadOnlyList<NodeView> nodes, ClusterView cluster, long[] sums)
    {
        var key = term.TopologyKey ?? "";
        var counts = new Dictionary<string, int>();
        foreach (var (other, nodeName) in cluster.Placed())
            if (cluster.Node(nodeName)?.Labels?.GetValueOrDefault(key) is { } domain && AffinityTerms.Means(term, pod, other, cluster.Namespaces))
                counts[domain] = counts.GetValueOrDefault(domain) + 1;
        for (var i = 0; i < sums.Length; i++)
            if (nodes[i].Labels?.GetValueOrDefault(key) is { } domain) sums[i] += weight * counts.GetValueOrDefault(domain);
    }
}
