using CloudPlane.Client;

namespace CloudPlane.Controllers;

/// <summary>Whether pods of nodes that are not ready are to be evicted, by a taint with effect NoExecute.</summary>
internal enum TaintEvictions
{
    /// <summary>Such a node is tainted.</summary>
    Begin,

    /// <summary>No further node is tainted.</summary>
    GoOn,

    /// <summary>No node is tainted, and taints that there are go.</summary>
    Stop,
}

/// <summary>
/// How many nodes of each zone are ready. When most are not, it is rather the network or this control plane that is ill than so many nodes at
/// once, and to move their pods would make things worse: kube-controller-manager's disruption modes (ComputeZoneState and handleDisruption of its
/// node lifecycle controller, with its default thresholds).
/// </summary>
internal sealed class ZoneHealth
{
    private const string ZoneLabel = "topology.kubernetes.io/zone";
    private const string RegionLabel = "topology.kubernetes.io/region";

    // --unhealthy-zone-threshold; and a zone with no more than two nodes down is never called ill.
    private const double UnhealthyThreshold = 0.55;
    private const int FewNodes = 2;

    private readonly Dictionary<(string?, string?), (int Ready, int All)> _zones;
    private readonly bool _nobodyIsReady;

    public ZoneHealth(IEnumerable<Node> nodes)
    {
        _zones = nodes.GroupBy(ZoneOf).ToDictionary(zone => zone.Key, zone => (zone.Count(IsReady), zone.Count()));
        _nobodyIsReady = _zones.Values.All(zone => zone.Ready == 0);
    }

    /// <summary>
    /// What holds for a node of this zone. Kubernetes goes on slowly, one node in 100 s, where a zone of more than 50 nodes is ill; here that waits
    /// as well until the zone is better.
    /// </summary>
    public TaintEvictions Evictions(Node node)
    {
        if (_nobodyIsReady)
        {
            return TaintEvictions.Stop;
        }
        var (ready, all) = _zones[ZoneOf(node)];
        var down = all - ready;
        // A whole zone that is down is taken for a real outage while others are well.
        return ready > 0 && down > FewNodes && (double)down / all >= UnhealthyThreshold ? TaintEvictions.GoOn : TaintEvictions.Begin;
    }

    private static (string?, string?) ZoneOf(Node node) =>
        (node.Metadata.Labels?.GetValueOrDefault(RegionLabel), node.Metadata.Labels?.GetValueOrDefault(ZoneLabel));

    private static bool IsReady(Node node) => NodeTaints.Condition(node, "Ready")?.Status == "True";
}
