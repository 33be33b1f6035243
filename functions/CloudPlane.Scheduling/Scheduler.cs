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
        if (pods.Get(key.Namespace, key.Name) is not { } pod || !PodState.AwaitsScheduling(pod)) return ReconcileResult.Done;
        var nodes = await replicas.SyncAsync<Node>(cancellationToken).ConfigureAwait(false);
        if (Decide(pod, nodes, pods) is not { } decision) return ReconcileResult.After(Retry.First);
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
    /// The pods to look at because a pod changed: itself if it waits for a node; if it gave back room on its node, those that would fit now.
    /// </summary>
    public async ValueTask<IEnumerable<ObjectName>> AffectedAsync(Pod? before, Pod? after, CancellationToken cancellationToken)
    {
        if (after is not null && PodState.AwaitsScheduling(after)) return PodChange.ConcernsScheduling(before, after) ? [ObjectName.Of(after.Metadata)] : [];
        return before is not null && PodState.Occupies(before) && PodChange.GivesBackRoom(before, after)
            ? await WaitingForAsync(before.Spec!.NodeName!, cancellationToken).ConfigureAwait(false)
            : [];
    }

    /// <summary>Every pod that waits for a node, in the order in which they should be tried: to seed a queue.</summary>
    public async ValueTask<IEnumerable<ObjectName>> WaitingAsync(CancellationToken cancellationToken) =>
        Waiting(await replicas.SyncAsync<Pod>(cancellationToken).ConfigureAwait(false)).Select(p => ObjectName.Of(p.Metadata));

    private Decision? Decide(Pod pod, ReplicaSnapshot<Node> nodes, ReplicaSnapshot<Pod> pods)
    {
        var info = new PodInfo(pod);
        lock (_deciding)
        {
            // Another instance of this call synced later and may have assumed pods since: the newest snapshots are at hand, take them.
            var view = _views.View(Newest(nodes), Newest(pods), _assumed);
            if (_assumed.Contains(pod)) return null;
            var decision = _placement.Decide(info, view);
            if (decision.NodeName is { } node) _assumed.Assume(pod, node);
            return decision;
        }
    }

    private ReplicaSnapshot<T> Newest<T>(ReplicaSnapshot<T> mine) where T : class, IKubernetesObject<T> =>
        replicas.Of<T>().Snapshot is var newest && newest.Revision > mine.Revision ? newest : mine;

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
        var nodes = await replicas.SyncAsync<Node>(cancellationToken).ConfigureAwait(false);
        lock (_deciding)
        {
            var node = _views.View(Newest(nodes), Newest(pods), _assumed).Nodes.FirstOrDefault(n => n.Name == nodeName);
            return node is null ? [] : (ObjectName[])[.. waiting.Where(p => _placement.Check(new PodInfo(p), node) is null).Select(p => ObjectName.Of(p.Metadata))];
        }
    }

    // As Kubernetes' queue: the more important first, then the older.
    private static List<Pod> Waiting(ReplicaSnapshot<Pod> pods) =>
        [.. pods.Find(PodIndexes.NodeName, "").Where(PodState.AwaitsScheduling).OrderByDescending(p => p.Spec!.Priority ?? 0).ThenBy(p => p.Metadata.CreationTimestamp)];
}
