using CloudPlane.Client;

namespace CloudPlane.Controllers;

/// <summary>
/// Deletes pods from nodes with NoExecute taints once their toleration has run out. The deletion is graceful: on a lost node the pod stays
/// Terminating until the node comes back or goes, while its ReplicaSet, which doesn't count it any more, replaces it elsewhere.
/// </summary>
internal sealed class TaintEvictionController(ApiClient api, Replicas replicas, EventRecorder events, TimeProvider time) : IReconciler
{
    /// <inheritdoc/>
    public string Name => "taint-eviction-controller";

    public IReadOnlyList<ControllerInput> Inputs =>
        [ControllerInput.OnAsync<Pod>(PodOnTaintedNodeAsync), ControllerInput.OnAsync<Node>(PodsOfTaintedNodeAsync)];

    /// <inheritdoc/>
    public async ValueTask<ReconcileResult> ReconcileAsync(ReconcileKey key, CancellationToken cancellationToken)
    {
        var pods = await replicas.SyncAsync<Pod>(cancellationToken).ConfigureAwait(false);
        if (pods.Get(key.Namespace, key.Name) is not { Spec.NodeName.Length: > 0 } pod || pod.IsTerminating())
        {
            return ReconcileResult.Done;
        }
        var nodes = await replicas.SyncAsync<Node>(cancellationToken).ConfigureAwait(false);
        var taints = TaintToleration.NoExecute(nodes.Get("", pod.Spec.NodeName));
        if (TaintToleration.EvictionTime(pod, taints) is not { } at)
        {
            return ReconcileResult.Done;
        }
        if (at > time.GetUtcNow())
        {
            return ReconcileResult.After(at - time.GetUtcNow());
        }
        await EvictAsync(pod, cancellationToken).ConfigureAwait(false);
        return ReconcileResult.Done;
    }

    private async Task EvictAsync(Pod pod, CancellationToken cancellationToken)
    {
        var (ns, name) = (pod.Metadata.Namespace!, pod.Metadata.Name!);
        try
        {
            await api.UpdateStatusAsync(
                Disruption.Target(pod, "DeletionByTaintManager", "Taint manager: deleting due to NoExecute taint", time.Seconds()),
                cancellationToken).ConfigureAwait(false);
            await events.NormalAsync(pod, "TaintManagerEviction", $"Marking for deletion Pod {ns}/{name}", cancellationToken).ConfigureAwait(false);
            var exactly = new DeleteOptions { Preconditions = new Preconditions { Uid = pod.Metadata.Uid } };
            await api.DeleteAsync<Pod>(ns, name, exactly, cancellationToken).ConfigureAwait(false);
        }
        catch (ApiException gone) when (gone.IsNotFound)
        {
        }
    }

    private async ValueTask<IEnumerable<ObjectName>> PodOnTaintedNodeAsync(ObjectChange<Pod> change, CancellationToken cancellationToken)
    {
        var pod = change.Current;
        if (pod?.Spec?.NodeName is not { Length: > 0 } nodeName
            || pod.IsTerminating()
            || (change.Previous?.Spec?.NodeName == nodeName && change.Previous.Spec.Tolerations?.Count == pod.Spec.Tolerations?.Count))
        {
            return [];
        }
        var nodes = await replicas.SyncAsync<Node>(cancellationToken).ConfigureAwait(false);
        return TaintToleration.NoExecute(nodes.Get("", nodeName)).Any() ? [ObjectName.Of(pod.Metadata)] : [];
    }

    private async ValueTask<IEnumerable<ObjectName>> PodsOfTaintedNodeAsync(ObjectChange<Node> change, CancellationToken cancellationToken)
    {
        var taints = TaintToleration.NoExecute(change.Current).ToList();
        if (taints.Count == 0 || taints.SequenceEqual(TaintToleration.NoExecute(change.Previous)))
        {
            return [];
        }
        var pods = await replicas.SyncAsync<Pod>(cancellationToken).ConfigureAwait(false);
        return pods.Find(PodIndexes.NodeName, change.Latest.Metadata.Name!).Select(pod => ObjectName.Of(pod.Metadata));
    }
}
