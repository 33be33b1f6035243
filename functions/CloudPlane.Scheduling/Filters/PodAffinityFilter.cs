using CloudPlane.Client;

namespace CloudPlane.Scheduling;

/// <summary>
/// Required affinity and anti-affinity between pods, and the anti-affinity of the pods that are there already
/// (https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/#inter-pod-affinity-and-anti-affinity).
/// </summary>
internal sealed class PodAffinityFilter : IClusterFilter
{
    public IFilter? For(PodInfo pod, ClusterView cluster)
    {
        var wanted = pod.Spec.Affinity?.PodAffinity?.RequiredDuringSchedulingIgnoredDuringExecution ?? [];
        var shunned = AntiAffinity.Terms(pod.Pod);
        var keptAway = KeptAway(pod.Pod, cluster);
        if (wanted.Count == 0 && shunned.Count == 0 && keptAway.Count == 0) return null;
        return new Rules(
            [.. wanted.Select(t => Wanted(t, wanted, pod.Pod, cluster))], [.. shunned.Select(t => (t.TopologyKey ?? "", Domains(t, pod.Pod, cluster)))], keptAway);
    }

    /// <summary>The domains that pods already there keep for themselves.</summary>
    private static HashSet<(string Key, string Value)> KeptAway(Pod pod, ClusterView cluster)
    {
        var domains = new HashSet<(string, string)>();
        foreach (var (other, nodeName) in cluster.PlacedWithAntiAffinity())
            foreach (var term in AntiAffinity.Terms(other))
                if (AffinityTerms.Means(term, other, pod, cluster.Namespaces) && Value(cluster.Node(nodeName), term.TopologyKey) is { } value)
                    domains.Add((term.TopologyKey!, value));
        return domains;
    }

    private static (string Key, HashSet<string>? Domains) Wanted(PodAffinityTerm term, IReadOnlyList<PodAffinityTerm> all, Pod pod, ClusterView cluster)
    {
        var domains = Domains(term, pod, cluster);
        // The first of a group that wants to be together has nobody to join: it may go wherever the label is.
        var first = domains.Count == 0 && all.All(t => AffinityTerms.Means(t, pod, pod, cluster.Namespaces) && Domains(t, pod, cluster).Count == 0);
        return (term.TopologyKey ?? "", first ? null : domains);
    }

    private static HashSet<string> Domains(PodAffinityTerm term, Pod pod, ClusterView cluster)
    {
        var domains = new HashSet<string>();
        foreach (var (other, nodeName) in cluster.Placed())
            if (AffinityTerms.Means(term, pod, other, cluster.Namespaces) && Value(cluster.Node(nodeName), term.TopologyKey) is { } value)
                domains.Add(value);
        return domains;
    }

    private static string? Value(NodeView? node, string? key) => node?.Labels?.GetValueOrDefault(key ?? "");

    private sealed class Rules(
        (string Key, HashSet<string>? Domains)[] wanted, (string Key, HashSet<string> Domains)[] shunned, HashSet<(string Key, string Value)> keptAway) : IFilter
    {
        // In Kubernetes' order of the three.
        public Rejection? Check(PodInfo pod, NodeView node)
        {
            foreach (var (key, domains) in wanted)
                if (Value(node, key) is not { } value || domains?.Contains(value) == false)
                    return new("node(s) didn't match pod affinity rules", unresolvable: true);
            foreach (var (key, domains) in shunned)
                if (Value(node, key) is { } value && domains.Contains(value))
                    return new("node(s) didn't match pod anti-affinity rules", unresolvable: false);
            foreach (var (key, value) in keptAway)
                if (Value(node, key) == value)
                    return new("node(s) didn't satisfy existing pods anti-affinity rules", unresolvable: false);
            return null;
        }
    }
}
