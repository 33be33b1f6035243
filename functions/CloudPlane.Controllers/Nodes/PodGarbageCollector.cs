using System.Collections.Concurrent;
using CloudPlane.Client;

namespace CloudPlane.Controllers;

/// <summary>
/// Removes pods that nobody else can: those whose node is gone, those that were deleted before they got a node, those stuck on a node
/// that an operator declared out of service, and the oldest of too many finished ones.
/// </summary>
internal sealed class PodGarbageCollector(ApiClient api, Replicas replicas, TimeProvider time, ControllerOptions options) : IReconciler
{
    private const string FinishedKey = "finished";

    private static readonly ReplicaIndex<Pod> Finished = new("finished", pod => pod.IsTerminal() ? [FinishedKey] : []);

    // Droppable: forgetting when a node was first missed only delays the removal.
    private readonly ConcurrentDictionary<string, DateTimeOffset> _missedSince = new();

    /// <inheritdoc/>
    public string Name => "pod-garbage-collector-controller";

    public IReadOnlyList<ControllerInput> Inputs =>
        [ControllerInput.OnAsync<Pod>(StrayPodsAsync), ControllerInput.OnAsync<Node>(PodsOfLostNodeAsync)];

    /// <inheritdoc/>
    public async ValueTask<ReconcileResult> ReconcileAsync(ReconcileKey key, CancellationToken cancellationToken)
    {
        var pods = await replicas.SyncAsync<Pod>(cancellationToken).ConfigureAwait(false);
        if (key.Namespace.Length == 0)
        {
            await RemoveOldestFinishedAsync(pods, cancellationToken).ConfigureAwait(false);
            return ReconcileResult.Done;
        }
        if (pods.Get(key.Namespace, key.Name) is not { } pod)
        {
            return ReconcileResult.Done;
        }
        if (string.IsNullOrEmpty(pod.Spec?.NodeName))
        {
            if (pod.IsTerminating())
            {
                await RemoveAsync(pod, "PodGC: unscheduled pod is terminating", cancellationToken).ConfigureAwait(false);
            }
            return ReconcileResult.Done;
        }
        return await CheckNodeAsync(pod, pod.Spec.NodeName, cancellationToken).ConfigureAwait(false);
    }

    private async Task<ReconcileResult> CheckNodeAsync(Pod pod, string nodeName, CancellationToken cancellationToken)
    {
        var nodes = await replicas.SyncAsync<Node>(cancellationToken).ConfigureAwait(false);
        if (nodes.Get("", nodeName) is { } node)
        {
            _missedSince.TryRemove(nodeName, out _);
            if (pod.IsTerminating() && IsOutOfService(node))
            {
                await RemoveAsync(pod, "PodGC: node is out of service", cancellationToken).ConfigureAwait(false);
            }
            return ReconcileResult.Done;
        }
        // A node may be deleted and registered anew while its pods go on running.
        var now = time.GetUtcNow();
        var due = _missedSince.GetOrAdd(nodeName, now) + options.MissingNodeQuarantine;
        if (due > now)
        {
            return ReconcileResult.After(due - now);
        }
        if (await api.GetAsync<Node>("", nodeName, cancellationToken).ConfigureAwait(false) is null)
        {
            await RemoveAsync(pod, "PodGC: node no longer exists", cancellationToken).ConfigureAwait(false);
        }
        return ReconcileResult.Done;
    }

    private async Task RemoveOldestFinishedAsync(ReplicaSnapshot<Pod> pods, CancellationToken cancellationToken)
    {
        var finished = pods.Find(Finished, FinishedKey).ToList();
        var surplus = finished.Count - options.TerminatedPodThreshold;
        foreach (var pod in finished.OrderBy(pod => pod.Metadata.CreationTimestamp).Take(Math.Max(surplus, 0)))
        {
            await DeleteNowAsync(pod, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task RemoveAsync(Pod pod, string message, CancellationToken cancellationToken)
    {
        if (!pod.IsTerminal())
        {
            // Whoever watches the pod learns that it failed and why, before it is gone.
            var failed = Disruption.Target(pod, "DeletionByPodGC", message, time.Seconds());
            failed = failed with { Status = failed.Status! with { Phase = "Failed" } };
            try
            {
                await api.UpdateStatusAsync(failed, cancellationToken).ConfigureAwait(false);
            }
            catch (ApiException gone) when (gone.IsNotFound)
            {
                return;
            }
        }
        await DeleteNowAsync(pod, cancellationToken).ConfigureAwait(false);
    }

    private async Task DeleteNowAsync(Pod pod, CancellationToken cancellationToken)
    {
        var force = new DeleteOptions { GracePeriodSeconds = 0, Preconditions = new Preconditions { Uid = pod.Metadata.Uid } };
        try
        {
            await api.DeleteAsync<Pod>(pod.Metadata.Namespace!, pod.Metadata.Name!, force, cancellationToken).ConfigureAwait(false);
        }
        catch (ApiException gone) when (gone.IsNotFound || gone.IsConflict)
        {
        }
    }

    private static bool IsOutOfService(Node node) =>
        node.Spec?.Taints?.Any(taint => taint.Key == NodeTaints.OutOfService) == true && NodeTaints.Condition(node, "Ready")?.Status != "True";

    private async ValueTask<IEnumerable<ObjectName>> StrayPodsAsync(ObjectChange<Pod> change, CancellationToken cancellationToken)
    {
        if (change.Current is not { } pod)
        {
            return [];
        }
        var nodes = await replicas.SyncAsync<Node>(cancellationToken).ConfigureAwait(false);
        var node = pod.Spec?.NodeName is { Length: > 0 } name ? nodes.Get("", name) : null;
        var stray = string.IsNullOrEmpty(pod.Spec?.NodeName) ? pod.IsTerminating() : node is null || (pod.IsTerminating() && IsOutOfService(node));
        var keys = new List<ObjectName>();
        if (stray)
        {
            keys.Add(ObjectName.Of(pod.Metadata));
        }
        if (pod.IsTerminal() && change.Previous?.IsTerminal() != true && replicas.Of<Pod>().Find(Finished, FinishedKey).Skip(options.TerminatedPodThreshold).Any())
        {
            keys.Add(new ObjectName("", FinishedKey));
        }
        return keys;
    }

    private async ValueTask<IEnumerable<ObjectName>> PodsOfLostNodeAsync(ObjectChange<Node> change, CancellationToken cancellationToken)
    {
        if (change.Current is { } node && !IsOutOfService(node))
        {
            return [];
        }
        var pods = await replicas.SyncAsync<Pod>(cancellationToken).ConfigureAwait(false);
        return pods.Find(PodIndexes.NodeName, change.Latest.Metadata.Name!).Select(pod => ObjectName.Of(pod.Metadata));
    }
}
