using System.Text.Json.Nodes;
using CloudPlane.Controllers.Tests;

namespace CloudPlane.Simulation.Tests;

/// <summary>
/// Checks, after every single write, that a rolling update stays inside its bounds: the ReplicaSets together never ask for more than
/// replicas + maxSurge, and never are fewer than replicas - maxUnavailable pods available once as many have been.
/// </summary>
internal sealed class RolloutBounds
{
    private readonly SimulatedCluster _cluster;
    private readonly int _most;
    private readonly int _fewest;
    private bool _filled;

    public RolloutBounds(SimulatedCluster cluster, int replicas, int surge, int unavailable)
    {
        (_cluster, _most, _fewest) = (cluster, replicas + surge, replicas - unavailable);
        cluster.OnChange = Check;
    }

    public List<string> Violations { get; } = [];

    /// <summary>The most pods that existed (and were not going) at one moment.</summary>
    public int MostPods { get; private set; }

    private void Check()
    {
        var asked = _cluster.Documents("apps/replicasets").Sum(set => (int?)set["spec"]!["replicas"] ?? 0);
        if (asked > _most)
        {
            Violations.Add($"{_cluster.Time.Now:HH:mm:ss} the sets ask for {asked} of at most {_most} pods");
        }
        var staying = _cluster.Documents("pods").Where(pod => pod["metadata"]!["deletionTimestamp"] is null).ToList();
        MostPods = Math.Max(MostPods, staying.Count);
        var available = staying.Count(IsReady);
        _filled |= available >= _fewest;
        if (_filled && available < _fewest)
        {
            Violations.Add($"{_cluster.Time.Now:HH:mm:ss} {available} of at least {_fewest} pods are available");
        }
    }

    private static bool IsReady(JsonObject pod) => pod["status"]?["conditions"] is JsonArray conditions
        && conditions.Any(condition => (string?)condition!["type"] == "Ready" && (string?)condition["status"] == "True");
}
