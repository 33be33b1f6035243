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
        return new Rules(Wanted(wanted, pod.Pod, cluster), [.. shunned.Select(t => Shunned(t, pod.Pod, cluster))], keptAway);
    }

    /// <summary>The domains that pods already there keep for themselves.</summary>
    private static HashSet<(string Key, string Value)> KeptAway(Pod pod, ClusterView cluster)
    {
        var domains = new HashSet<(string, string)>();
        foreach (var (other, nodeName) in cluster.PlacedWithAntiAffinity())
            foreach (var term in AntiAffinity.Terms(other))
                if (Value(cluster.Node(nodeName), term.TopologyKey) is { } value && AffinityTerms.Means(term, other, pod, cluster.Namespaces))
                    domains.Add((term.TopologyKey!, value));
        return domains;
    }

    private static Domains[] Wanted(IReadOnlyList<PodAffinityTerm> terms, Pod pod, ClusterView cluster)
    {
        if (terms.Count == 0) return [];
        // As Kubernetes: only a pod that all terms mean counts, for each of them.
        var joined = cluster.Placed().Where(p => MeantByAll(p.Pod)).ToArray();
        // The first of a group that wants to be together has nobody to join: it may go wherever the labels are.
        var first = joined.Length == 0 && MeantByAll(pod);
        return [.. terms.Select(t => new Domains(t.TopologyKey ?? "", first ? null : ValuesOf(t, joined, cluster)))];

        bool MeantByAll(Pod other) => terms.All(t => AffinityTerms.Means(t, pod, other, cluster.Namespaces));
    }

    private static Domains Shunned(PodAffinityTerm term, Pod pod, ClusterView cluster) =>
        new(term.TopologyKey ?? "", ValuesOf(term, cluster.Placed().Where(p => AffinityTerms.Means(term, pod, p.Pod, cluster.Namespaces)), cluster));

    private static HashSet<string> ValuesOf(PodAffinityTerm term, IEnumerable<(Pod Pod, string NodeName)> pods, ClusterView cluster) =>
        [.. pods.Select(p => Value(cluster.Node(p.NodeName), term.TopologyKey)).OfType<string>()];

    private static string? Value(NodeView? node, string? key) => node?.Labels?.GetValueOrDefault(key ?? "");

    /// <summary>Values of a topology label; null stands for any.</summary>
    private sealed record Domains(string Key, HashSet<string>? Values);

    private sealed class Rules(Domains[] wanted, Domains[] shunned, HashSet<(string Key, string Value)> keptAway) : IFilter
    {
        // In Kubernetes' order of the three.
        public Rejection? Check(PodInfo pod, NodeView node)
        {
            foreach (var (key, values) in wanted)
                if (Value(node, key) is not { } value || values?.Contains(value) == false)
                    return new("node(s) didn't match pod affinity rules", unresolvable: true);
            foreach (var (key, values) in shunned)
                if (Value(node, key) is { } value && values!.Contains(value))
                    return new("node(s) didn't match pod anti-affinity rules", unresolvable: false);
            foreach (var (key, value) in keptAway)
                if (Value(node, key) == value)
                    return new("node(s) didn't satisfy existing pods anti-affinity rules", unresolvable: false);
            return null;
        }
    }
}
