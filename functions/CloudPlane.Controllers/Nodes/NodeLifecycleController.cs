using CloudPlane.Client;

namespace CloudPlane.Controllers;

/// <summary>
/// Watches over nodes: one that stops renewing its Lease is declared lost, its conditions become taints, and the pods on it are no longer
/// ready. It looks when something changes and when a lease would run out, never in between.
/// </summary>
internal sealed class NodeLifecycleController(ApiClient api, Replicas replicas, EventRecorder events, TimeProvider time, ControllerOptions options)
    : IReconciler
{
    // While nobody was here to take renewals, no node could renew: each gets its grace period anew from the start of this process.
    private readonly DateTimeOffset _heardSince = options.GraceFromStart ? time.GetUtcNow() : DateTimeOffset.MinValue;

    /// <inheritdoc/>
    public string Name => "node-controller";

    public IReadOnlyList<ControllerInput> Inputs => [ControllerInput.Self<Node>(), ControllerInput.OnAsync<Lease>(LostNodesAsync)];

    /// <inheritdoc/>
    public async ValueTask<ReconcileResult> ReconcileAsync(ReconcileKey key, CancellationToken cancellationToken)
    {
        var nodes = await replicas.SyncAsync<Node>(cancellationToken).ConfigureAwait(false);
        if (nodes.Get("", key.Name) is not { } node)
        {
            return ReconcileResult.Done;
        }
        var leases = await replicas.SyncAsync<Lease>(cancellationToken).ConfigureAwait(false);
        var deadline = NodeHealth.Deadline(node, leases.Get(NodeHealth.LeaseNamespace, key.Name), options);
        if (deadline < _heardSince + options.NodeMonitorGracePeriod && NodeTaints.Condition(node, "Ready")?.Status != "Unknown")
        {
            deadline = _heardSince + options.NodeMonitorGracePeriod;
        }
        if (deadline <= time.GetUtcNow())
        {
            node = await DeclareLostAsync(node, cancellationToken).ConfigureAwait(false);
        }
        await CorrectTaintsAsync(node, cancellationToken).ConfigureAwait(false);
        if (NodeTaints.Condition(node, "Ready")?.Status == "Unknown")
        {
            await MarkPodsNotReadyAsync(node, cancellationToken).ConfigureAwait(false);
        }
        // Lost already: its return changes the node or the lease, and that wakes this one.
        return deadline > time.GetUtcNow() ? ReconcileResult.After(NextLook(deadline) - time.GetUtcNow()) : ReconcileResult.Done;
    }

    private DateTimeOffset NextLook(DateTimeOffset deadline)
    {
        if (options.NodeLookPeriod <= TimeSpan.Zero)
        {
            return deadline;
        }
        var rest = deadline.UtcTicks % options.NodeLookPeriod.Ticks;
        return rest == 0 ? deadline : deadline.AddTicks(options.NodeLookPeriod.Ticks - rest);
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

    private async Task CorrectTaintsAsync(Node node, CancellationToken cancellationToken)
    {
        if (NodeTaints.Correct(node, time.Seconds()) is { } taints)
        {
            var corrected = node with { Spec = (node.Spec ?? new NodeSpec()) with { Taints = taints } };
            await api.UpdateAsync(corrected, cancellationToken).ConfigureAwait(false);
        }
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

    // A healthy node's renewals need no look: the one that is due when the lease would have run out finds them.
    private async ValueTask<IEnumerable<ObjectName>> LostNodesAsync(ObjectChange<Lease> change, CancellationToken cancellationToken)
    {
        var name = change.Latest.Metadata.Name!;
        if (change.Latest.Metadata.Namespace != NodeHealth.LeaseNamespace)
        {
            return [];
        }
        var nodes = await replicas.SyncAsync<Node>(cancellationToken).ConfigureAwait(false);
        return nodes.Get("", name) is { } node && NodeTaints.Condition(node, "Ready")?.Status != "True" ? [new ObjectName("", name)] : [];
    }
}
