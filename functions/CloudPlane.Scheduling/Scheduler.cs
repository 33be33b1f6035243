using CloudPlane.Client;

namespace CloudPlane.Scheduling;

/// <summary>
/// Finds nodes for pods. Decisions are made one at a time, bindings are written side by side: several pods may be reconciled at once.
/// </summary>
/// <param name="replicas">The cluster's pods and nodes.</param>
/// <param name="client">Where bindings, conditions and events are written.</param>
/// <param name="time">The clock.</param>
/// <param name="random">Draws among nodes that score the same.</param>
public sealed class Scheduler(Replicas replicas, ApiClient client, TimeProvider time, Random random) : IReconciler
{
    private readonly Lock _deciding = new();
    private readonly ClusterViewCache _views = new();
    private readonly AssumedPods _assumed = new(time);
    private readonly Placement _placement = new(random);
    private readonly PodBinder _binder = new(client, new EventRecorder(client, PodState.SchedulerName, null, time), time);

    /// <inheritdoc/>
    public string Name => PodState.SchedulerName;

    /// <summary>
    /// Places the pod if it waits for that. A pod that fits nowhere is looked at again after as long as it has waited, within
    /// <see cref="Retry"/>'s bounds, beside the moments at which <c>AffectedAsync</c> names it.
    /// </summary>
    public async ValueTask<ReconcileResult> ReconcileAsync(ReconcileKey key, CancellationToken cancellationToken)
    {
        var pods = await replicas.SyncAsync<Pod>(cancellationToken).ConfigureAwait(false);
        if (pods.Get(key.Namespace, key.Name) is not { } waiting || !PodState.AwaitsScheduling(waiting)) return ReconcileResult.Done;
        await SyncAsync(cancellationToken).ConfigureAwait(false);
        if (Decide(key) is not var (pod, decision)) return ReconcileResult.After(Retry.First);
        if (decision.NodeName is not { } node)
        {
            await _binder.ReportUnschedulableAsync(pod, decision.Message, cancellationToken).ConfigureAwait(false);
            return ReconcileResult.After(Retry.Delay(pod, time));
        }
        await BindAsync(pod, node, cancellationToken).ConfigureAwait(false);
        return ReconcileResult.Done;
    }

    /// <summary>
    /// The pods to look at again because a node came or changed: those that would fit on it now. Pass null for <paramref name="before"/>
    /// when it was added, for <paramref name="after"/> when it was deleted.
    /// </summary>
    public async ValueTask<IEnumerable<ObjectName>> AffectedAsync(Node? before, Node? after, CancellationToken cancellationToken) =>
        after is not null && NodeChange.MayAdmitMore(before, after)
            ? await WaitingForAsync(after.Metadata.Name!, cancellationToken).ConfigureAwait(false)
            : [];

    /// <summary>
    /// The pods to look at because a pod changed: itself if it waits for a node; if it gave back room on its node, those that would fit now;
    /// if it came, went or changed its labels, those that have rules about other pods.
    /// </summary>
    public async ValueTask<IEnumerable<ObjectName>> AffectedAsync(Pod? before, Pod? after, CancellationToken cancellationToken)
    {
        if (after is not null && PodState.AwaitsScheduling(after))
            return PodChange.ConcernsScheduling(before, after) ? [ObjectName.Of(after.Metadata)] : [];
        if (before is not null && PodState.Occupies(before) && PodChange.GivesBackRoom(before, after))
            return await WaitingForAsync(before.Spec!.NodeName!, cancellationToken).ConfigureAwait(false);
        if (!PodChange.ConcernsOthers(before, after)) return [];
        var pods = await replicas.SyncAsync<Pod>(cancellationToken).ConfigureAwait(false);
        return pods.Find(PodRules.WaitingIndex, PodRules.Key).Select(p => ObjectName.Of(p.Metadata));
    }

    /// <summary>Every pod that waits for a node, in the order in which they should be tried: to seed a queue.</summary>
    public async ValueTask<IEnumerable<ObjectName>> WaitingAsync(CancellationToken cancellationToken) =>
        Waiting(await replicas.SyncAsync<Pod>(cancellationToken).ConfigureAwait(false))
            // As Kubernetes' queue: the more important first, then the older.
            .OrderByDescending(p => p.Spec!.Priority ?? 0).ThenBy(p => p.Metadata.CreationTimestamp).Select(p => ObjectName.Of(p.Metadata));

    /// <summary>What a decision reads beside the pods.</summary>
    private async ValueTask SyncAsync(CancellationToken cancellationToken)
    {
        await replicas.SyncAsync<Node>(cancellationToken).ConfigureAwait(false);
        await replicas.SyncAsync<Namespace>(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Null when the pod is being placed already, or needs no place any more.</summary>
    private (Pod Pod, Decision Decision)? Decide(ReconcileKey key)
    {
        lock (_deciding)
        {
            var view = View();
            if (view.Pods.Get(key.Namespace, key.Name) is not { } pod || !PodState.AwaitsScheduling(pod)) return null;
            if (_assumed.Contains(pod)) return null;
            var decision = _placement.Decide(_views.Info(pod), view);
            if (decision.NodeName is { } node) _assumed.Assume(pod, node);
            return (pod, decision);
        }
    }

    // The newest snapshots, not those of this call's sync: a call that synced later may have seen bindings and stopped assuming them.
    private ClusterView View() =>
        _views.View(replicas.Of<Node>().Snapshot, replicas.Of<Pod>().Snapshot, replicas.Of<Namespace>().Snapshot, _assumed);

    private async Task BindAsync(Pod pod, string node, CancellationToken cancellationToken)
    {
        try
        {
            await _binder.BindAsync(pod, node, cancellationToken).ConfigureAwait(false);
        }
        catch (ApiException)
        {
            // Refused: it is not there. After a broken connection it may be, so then it stays assumed for a while.
            lock (_deciding) _assumed.Forget(pod);
            throw;
        }
    }

    private async ValueTask<IEnumerable<ObjectName>> WaitingForAsync(string nodeName, CancellationToken cancellationToken)
    {
        var pods = await replicas.SyncAsync<Pod>(cancellationToken).ConfigureAwait(false);
        var waiting = Waiting(pods);
        if (waiting.Count == 0) return [];
        await SyncAsync(cancellationToken).ConfigureAwait(false);
        lock (_deciding)
        {
            var view = View();
            var node = view.Node(nodeName);
            return (ObjectName[])[.. waiting.Where(MayFit).Select(p => ObjectName.Of(p.Metadata))];

            bool MayFit(Pod pod) => PodRules.Has(pod) || (node is not null && _placement.Fits(_views.Info(pod), node, view));
        }
    }

    private static List<Pod> Waiting(ReplicaSnapshot<Pod> pods) => [.. pods.Find(PodIndexes.NodeName, "").Where(PodState.AwaitsScheduling)];
}
