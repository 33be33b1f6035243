using CloudPlane.Client;

namespace CloudPlane.Controllers;

/// <summary>The taints that follow from a node's conditions and from spec.unschedulable; all others are left as they are.</summary>
internal static class NodeTaints
{
    public const string NotReady = "node.kubernetes.io/not-ready";
    public const string Unreachable = "node.kubernetes.io/unreachable";
    public const string OutOfService = "node.kubernetes.io/out-of-service";
    private const string Unschedulable = "node.kubernetes.io/unschedulable";

    private static readonly (string Condition, string Taint)[] Pressures =
    [
        ("MemoryPressure", "node.kubernetes.io/memory-pressure"),
        ("DiskPressure", "node.kubernetes.io/disk-pressure"),
        ("PIDPressure", "node.kubernetes.io/pid-pressure"),
        ("NetworkUnavailable", "node.kubernetes.io/network-unavailable"),
    ];

    /// <summary>The taints that the node ought to have, in order; null when it has them.</summary>
    public static IReadOnlyList<Taint>? Correct(Node node, TaintEvictions evictions, DateTimeOffset now)
    {
        var current = node.Spec?.Taints ?? [];
        var evicts = evictions == TaintEvictions.Begin || (evictions == TaintEvictions.GoOn && current.Any(IsEviction));
        var wanted = Wanted(node, evicts);
        Taint[] corrected =
        [
            .. current.Where(taint => !IsManaged(taint) || wanted.Contains((taint.Key!, taint.Effect!))).Select(taint => Stamped(taint, now)),
            .. wanted.Where(taint => !current.Any(existing => existing.Key == taint.Key && existing.Effect == taint.Effect))
                .Select(taint => new Taint { Key = taint.Key, Effect = taint.Effect, TimeAdded = now }),
        ];
        return corrected.SequenceEqual(current) ? null : corrected;
    }

    public static NodeCondition? Condition(Node node, string type) => node.Status?.Conditions?.FirstOrDefault(condition => condition.Type == type);

    private static List<(string Key, string Effect)> Wanted(Node node, bool evicts)
    {
        var wanted = new List<(string, string)>();
        var health = Condition(node, "Ready")?.Status switch { "True" => null, "Unknown" => Unreachable, _ => NotReady };
        if (health is not null)
        {
            wanted.Add((health, "NoSchedule"));
        }
        if (health is not null && evicts)
        {
            wanted.Add((health, "NoExecute"));
        }
        wanted.AddRange(Pressures.Where(pressure => Condition(node, pressure.Condition)?.Status == "True").Select(pressure => (pressure.Taint, "NoSchedule")));
        if (node.Spec?.Unschedulable == true)
        {
            wanted.Add((Unschedulable, "NoSchedule"));
        }
        return wanted;
    }

    private static bool IsManaged(Taint taint) => taint.Effect switch
    {
        "NoSchedule" => taint.Key is NotReady or Unreachable or Unschedulable || Pressures.Any(pressure => pressure.Taint == taint.Key),
        _ => IsEviction(taint),
    };

    private static bool IsEviction(Taint taint) => taint is { Effect: "NoExecute", Key: NotReady or Unreachable };

    // Tolerations count from here, also for the taints that people add.
    private static Taint Stamped(Taint taint, DateTimeOffset now) =>
        taint is { Effect: "NoExecute", TimeAdded: null } ? taint with { TimeAdded = now } : taint;
}
