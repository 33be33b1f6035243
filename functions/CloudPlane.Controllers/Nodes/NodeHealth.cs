using CloudPlane.Client;

namespace CloudPlane.Controllers;

/// <summary>When a node was last heard of, and what its status says once it isn't any more.</summary>
internal static class NodeHealth
{
    public const string LeaseNamespace = "kube-node-lease";
    private const string Unknown = "NodeStatusUnknown";
    private const string NeverUpdated = "NodeStatusNeverUpdated";
    private const string Stopped = "Kubelet stopped posting node status.";
    private const string NeverPosted = "Kubelet never posted node status.";

    private static readonly string[] Watched = ["Ready", "MemoryPressure", "DiskPressure", "PIDPressure"];

    /// <summary>When the node is given up if it stays silent.</summary>
    public static DateTimeOffset Deadline(Node node, Lease? lease, ControllerOptions options)
    {
        DateTimeOffset?[] signs = [lease?.Spec?.RenewTime, NodeTaints.Condition(node, "Ready")?.LastHeartbeatTime];
        // A condition that this controller wrote itself is no sign of life, and its heartbeat time is the old one.
        return signs.Max() is { } seen
            ? seen + options.NodeMonitorGracePeriod
            : (node.Metadata.CreationTimestamp ?? DateTimeOffset.MinValue) + options.NodeStartupGracePeriod;
    }

    /// <summary>
    /// Whether a change of a Lease may be the return of a node that was given up. A renewal after less than the grace period is not: the node
    /// can't have been given up in between, and the look that is due when its lease would have run out finds it.
    /// </summary>
    public static bool IsReturn(ObjectChange<Lease> change, ControllerOptions options) =>
        change.Latest.Metadata.Namespace == LeaseNamespace
        && !(change.Current?.Spec?.RenewTime - change.Previous?.Spec?.RenewTime < options.NodeMonitorGracePeriod);

    /// <summary>The status of a node that went silent; null when it says so already.</summary>
    public static NodeStatus? Lost(Node node, DateTimeOffset now)
    {
        var conditions = (node.Status?.Conditions ?? []).ToList();
        var changed = false;
        foreach (var type in Watched)
        {
            var index = conditions.FindIndex(condition => condition.Type == type);
            if (index < 0)
            {
                conditions.Add(new NodeCondition
                {
                    Type = type,
                    Status = "Unknown",
                    Reason = NeverUpdated,
                    Message = NeverPosted,
                    LastHeartbeatTime = node.Metadata.CreationTimestamp,
                    LastTransitionTime = now,
                });
                changed = true;
            }
            else if (conditions[index].Status != "Unknown")
            {
                conditions[index] = conditions[index] with { Status = "Unknown", Reason = Unknown, Message = Stopped, LastTransitionTime = now };
                changed = true;
            }
        }
        return changed ? (node.Status ?? new NodeStatus()) with { Conditions = conditions } : null;
    }
}
