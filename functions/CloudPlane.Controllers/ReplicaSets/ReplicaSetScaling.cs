using CloudPlane.Client;

namespace CloudPlane.Controllers;

/// <summary>Creates or deletes pods until a ReplicaSet has as many active ones as it wants.</summary>
internal sealed class ReplicaSetScaling(ApiClient api, Replicas replicas, EventRecorder events, TimeProvider time)
{
    // controller.BurstReplicas: at most so many creations or deletions in one go.
    private const int Burst = 500;

    /// <summary>
    /// One pass. <paramref name="related"/> are the pods of all sets of the same owner: those that share a node with many of them go first.
    /// The result is the first error, if any, that kept it from the goal.
    /// </summary>
    public Task<ApiException?> AdjustAsync(
        ReplicaSet set, IReadOnlyList<Pod> active, IEnumerable<Pod> related, ReplicaSnapshot<Pod> pods, CancellationToken cancellationToken)
    {
        var missing = (set.Spec?.Replicas ?? 1) - active.Count;
        if (missing >= 0)
        {
            return CreateAsync(set, [.. PodFactory.Next(set, pods, Math.Min(missing, Burst))], cancellationToken);
        }
        var surplus = PodDeletionOrder.Choose(active, related, Math.Min(-missing, Burst), time.GetUtcNow());
        return DeleteAsync(set, surplus, cancellationToken);
    }

    // Batches double from one: a cause that fails every pod (a quota, a bad template) is met once, not five hundred times.
    private async Task<ApiException?> CreateAsync(ReplicaSet set, List<Pod> wanted, CancellationToken cancellationToken)
    {
        for (int done = 0, batch = 1; done < wanted.Count; done += batch, batch = Math.Min(batch * 2, wanted.Count - done))
        {
            var failures = await Task.WhenAll(
                wanted.Skip(done).Take(batch).Select(pod => CreateAsync(set, pod, cancellationToken))).ConfigureAwait(false);
            if (failures.FirstOrDefault(failure => failure is not null) is { } first)
            {
                return first;
            }
        }
        return null;
    }

    private async Task<ApiException?> CreateAsync(ReplicaSet set, Pod pod, CancellationToken cancellationToken)
    {
        try
        {
            await api.CreateAsync(pod, cancellationToken).ConfigureAwait(false);
        }
        catch (ApiException made) when (made.IsAlreadyExists)
        {
            return null;
        }
        catch (ApiException refused)
        {
            // Nothing can be made in a namespace that goes away, and nothing has to be.
            if (refused.Code == 403 && await NamespaceState.IsTerminatingAsync(replicas, set.Metadata.Namespace!, cancellationToken).ConfigureAwait(false))
            {
                return null;
            }
            await events.WarningAsync(set, "FailedCreate", $"Error creating: {refused.Message}", cancellationToken).ConfigureAwait(false);
            return refused;
        }
        await events.NormalAsync(set, "SuccessfulCreate", $"Created pod: {pod.Metadata.Name}", cancellationToken).ConfigureAwait(false);
        return null;
    }

    private async Task<ApiException?> DeleteAsync(ReplicaSet set, IEnumerable<Pod> surplus, CancellationToken cancellationToken)
    {
        var failures = await Task.WhenAll(surplus.Select(pod => DeleteAsync(set, pod, cancellationToken))).ConfigureAwait(false);
        return failures.FirstOrDefault(failure => failure is not null);
    }

    private async Task<ApiException?> DeleteAsync(ReplicaSet set, Pod pod, CancellationToken cancellationToken)
    {
        var options = new DeleteOptions { Preconditions = new Preconditions { Uid = pod.Metadata.Uid } };
        try
        {
            await api.DeleteAsync<Pod>(pod.Metadata.Namespace!, pod.Metadata.Name!, options, cancellationToken).ConfigureAwait(false);
        }
        catch (ApiException gone) when (gone.IsNotFound || gone.IsConflict)
        {
            return null;
        }
        catch (ApiException refused)
        {
            await events.WarningAsync(set, "FailedDelete", $"Error deleting: {refused.Message}", cancellationToken).ConfigureAwait(false);
            return refused;
        }
        await events.NormalAsync(set, "SuccessfulDelete", $"Deleted pod: {pod.Metadata.Name}", cancellationToken).ConfigureAwait(false);
        return null;
    }
}
