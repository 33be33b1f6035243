using CloudPlane.Client;

namespace CloudPlane.Scheduling;

/// <summary>How many pods that a spread constraint means are in each of its domains.</summary>
internal sealed class SpreadCount
{
    private static readonly NodeAffinityFilter Affinity = new();
    private static readonly TaintTolerationFilter Taints = new();

    private readonly Dictionary<string, int> _counts = [];
    private readonly string _key;
    private readonly int _least;
    private readonly int _self;

    public SpreadCount(TopologySpreadConstraint constraint, IReadOnlyList<TopologySpreadConstraint> all, PodInfo pod, ClusterView cluster)
    {
        _key = constraint.TopologyKey ?? "";
        MaxSkew = constraint.MaxSkew ?? 1;
        // Only nodes that the pod could use, and that have every constraint's label, are domains.
        var eligible = cluster.Nodes.Where(n => all.All(c => HasLabel(n, c)) && Honors(constraint, pod, n)).ToDictionary(n => n.Name);
        foreach (var node in eligible.Values) _counts.TryAdd(DomainOf(node)!, 0);
        foreach (var (other, nodeName) in cluster.Placed(pod.Pod.Metadata.Namespace))
            if (eligible.TryGetValue(nodeName, out var node) && other.Metadata.DeletionTimestamp is null && Means(constraint, pod.Pod, other))
                _counts[DomainOf(node)!]++;
        _self = Means(constraint, pod.Pod, pod.Pod) ? 1 : 0;
        // With fewer domains than minDomains the emptiest counts as having none (KEP-3022).
        _least = _counts.Count == 0 || _counts.Count < (constraint.MinDomains ?? 1) ? 0 : _counts.Values.Min();
    }

    public int MaxSkew { get; }

    public string? DomainOf(NodeView node) => node.Labels?.GetValueOrDefault(_key);

    /// <summary>The skew if the pod went into the domain.</summary>
    public int SkewWith(string domain) => _counts.GetValueOrDefault(domain) + _self - _least;

    private static bool Honors(TopologySpreadConstraint constraint, PodInfo pod, NodeView node) =>
        (constraint.NodeAffinityPolicy == "Ignore" || Affinity.Check(pod, node) is null)
        && (constraint.NodeTaintsPolicy != "Honor" || Taints.Check(pod, node) is null);

    private static bool HasLabel(NodeView node, TopologySpreadConstraint constraint) => node.Labels?.ContainsKey(constraint.TopologyKey ?? "") == true;

    private static bool Means(TopologySpreadConstraint constraint, Pod pod, Pod other)
    {
        foreach (var key in constraint.MatchLabelKeys ?? [])
            if (pod.Metadata.Labels?.GetValueOrDefault(key) is { } value && other.Metadata.Labels?.GetValueOrDefault(key) != value) return false;
        return LabelSelectors.Matches(constraint.LabelSelector, other.Metadata.Labels);
    }
}
