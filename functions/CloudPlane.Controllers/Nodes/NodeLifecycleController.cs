using System.Runtime.ExceptionServices;
using CloudPlane.Client;

namespace CloudPlane.Controllers;

/// <summary>
/// Watches over nodes: one that stops renewing its Lease is declared lost, its conditions become taints, and the pods on it are no longer
/// ready. It looks at all nodes at once, as kube-controller-manager's does, but only when something changes and when a lease would run out.
/// </summary>
internal sealed class NodeLifecycleController(ApiClient api, Replicas replicas, EventRecorder events, TimeProvider time, ControllerOptions options)
    : IReconciler
{
    // While nobody was here to take renewals, no node could renew: each gets its grace period anew from the start of this process.
    private readonly DateTimeOffset _heardSince = options.GraceFromStart ? time.GetUtcNow() : DateTimeOffset.MinValue;

    /// <inheritdoc/>
    public string Name => NodeWatch.Controller;

    public IReadOnlyList<ControllerInput> Inputs =>
        [ControllerInput.On<Node>(static _ => [NodeWatch.Key]), ControllerInput.On<Lease>(change => NodeHealth.IsReturn(change, options) ? [NodeWatch.Key] : [])];

    /// <inheritdoc/>
    public async ValueTask<ReconcileResult> ReconcileAsync(ReconcileKey key, CancellationToken cancellationToken)
    {
        // A key of one node, by an older version, would re-arm itself forever.
        if (new ObjectName(key.Namespace, key.Name) != NodeWatch.Key)
        {
            return ReconcileResult.Done;
        }
        var nodes = await replicas.SyncAsync<Node>(cancellationToken).ConfigureAwait(false);
        if (nodes.Count == 0)
        {
            return ReconcileResult.Done;
        }
        var leases = await replicas.SyncAsync<Lease>(cancellationToken).ConfigureAwait(false);
        DateTimeOffset? earliest = null;
        ExceptionDispatchInfo? failure = null;
        var seen = new List<Node>(nodes.Count);
        foreach (var node in nodes.All)
        {
            await TryAsync(async () =>
            {
                var (looked, deadline) = await LookAsync(node, leases, cancellationToken).ConfigureAwait(false);
                seen.Add(looked);
                earliest = deadline > time.GetUtcNow() && !(earliest < deadline) ? deadline : earliest;
            }).ConfigureAwait(false);
        }
        var zones = new ZoneHealth(seen);
        foreach (var node in seen)
        {
            await TryAsync(() => FollowAsync(node, zones.Evictions(node), cancellationToken)).ConfigureAwait(false);
        }
        // Of nodes that are lost already no look finds more: their return changes the node or the lease, and that wakes this one.
        TimeSpan? after = earliest is { } next ? NodeWatch.NextLook(next, time.GetUtcNow(), options) - time.GetUtcNow() : null;
        return new ReconcileResult(after) { Failure = failure };

        async Task TryAsync(Func<Task> act)
        {
            try
            {
                await act().ConfigureAwait(false);
            }
            catch (ApiException gone) when (gone.IsNotFound)
            {
            }
            // What is wrong with one node must not hide another one's silence.
            catch (ApiException e)
            {
                failure ??= ExceptionDispatchInfo.Capture(e);
            }
        }
    }

    /// <summary>Declares one node lost if it is; returns it as it is then, and when it is given up if it stays silent.</summary>
    private async Task<(Node Node, DateTimeOffset Deadline)> LookAsync(Node node, ReplicaSnapshot<Lease> leases, CancellationToken cancellationToken)
    {
        var deadline = NodeHealth.Deadline(node, leases.Get(NodeHealth.LeaseNamespace, node.Metadata.Name!), options);
        if (deadline < _heardSince + options.NodeMonitorGracePeriod && NodeTaints.Condition(node, "Ready")?.Status != "Unknown")
        {
            deadline = _heardSince + options.NodeMonitorGracePeriod;
        }
        return deadline <= time.GetUtcNow() ? (await DeclareLostAsync(node, cancellationToken).ConfigureAwait(false), deadline) : (node, deadline);
    }

    /// <summary>Corrects what follows from one node's conditions: its taints, and whether its pods are ready.</summary>
    private async Task FollowAsync(Node node, TaintEvictions evictions, CancellationToken cancellationToken)
    {
        if (NodeTaints.Correct(node, evictions, time.Seconds()) is { } taints)
        {
            var corrected = node with { Spec = (node.Spec ?? new NodeSpec()) with { Taints = taints } };
            await api.UpdateAsync(corrected, cancellationToken).ConfigureAwait(false);
        }
        if (NodeTaints.Condition(node, "Ready")?.Status == "Unknown")
        {
            await MarkPodsNotReadyAsync(node, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<Node> DeclareLostAsync(Node node, CancellationToken cancellationToken)
    {
        if (NodeHealth.Lost(node, time.Seconds()) is not { } status)
        {
            return node;
        }
        var wasReady = NodeTaints.Condition(node, "Ready")?.Status == "True";
        node = await api.UpdateStatusAsync(node with { Status = status }, cancellationToken).ConfigureAwait(false);
        if (wasReady)
        {
            var message = $"Node {node.Metadata.Name} status is now: NodeNotReady";
            await events.NormalAsync(node, "NodeNotReady", message, cancellationToken).ConfigureAwait(false);
        }
        return node;
    }

    private async Task MarkPodsNotReadyAsync(Node node, CancellationToken cancellationToken)
    {
        var pods = await replicas.SyncAsync<Pod>(cancellationToken).ConfigureAwait(false);
        foreach (var pod in pods.Find(PodIndexes.NodeName, node.Metadata.Name!).Where(pod => pod.IsReady()))
        {
            try
            {
                await api.UpdateStatusAsync(NotReady(pod), cancellationToken).ConfigureAwait(false);
            }
            catch (ApiException gone) when (gone.IsNotFound)
            {
                continue;
            }
            await events.WarningAsync(pod, "NodeNotReady", "Node is not ready", cancellationToken).ConfigureAwait(false);
        }
    }

    private Pod NotReady(Pod pod)
    {
        var conditions = pod.Status!.Conditions!.Select(condition =>
            condition.Type == "Ready" ? condition with { Status = "False", LastTransitionTime = time.Seconds() } : condition);
        return pod with { Status = pod.Status with { Conditions = [.. conditions] } };
    }
}
