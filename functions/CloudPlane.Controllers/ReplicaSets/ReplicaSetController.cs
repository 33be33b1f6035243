using CloudPlane.Client;

namespace CloudPlane.Controllers;

/// <summary>Keeps as many pods of a template running as asked for.</summary>
internal sealed class ReplicaSetController(ApiClient api, Replicas replicas, EventRecorder events, TimeProvider time) : IReconciler
{
    private readonly ReplicaSetScaling _scaling = new(api, replicas, events, time);

    /// <inheritdoc/>
    public string Name => "replicaset-controller";

    public IReadOnlyList<ControllerInput> Inputs =>
    [
        ControllerInput.Self<ReplicaSet>(),
        ControllerInput.Controlled<Pod>("ReplicaSet"),
        ControllerInput.OnAsync<Pod>(AdoptersAsync),
    ];

    /// <inheritdoc/>
    public async ValueTask<ReconcileResult> ReconcileAsync(ReconcileKey key, CancellationToken cancellationToken)
    {
        var sets = await replicas.SyncAsync<ReplicaSet>(cancellationToken).ConfigureAwait(false);
        if (sets.Get(key.Namespace, key.Name) is not { } set)
        {
            return ReconcileResult.Done;
        }
        var pods = await replicas.SyncAsync<Pod>(cancellationToken).ConfigureAwait(false);
        var claims = new Claims<ReplicaSet, Pod>(api, set, set.Spec?.Selector);
        var owned = await claims.SettleAsync(pods, cancellationToken).ConfigureAwait(false);
        Pod[] active = [.. owned.Where(pod => pod.IsActive())];
        var error = set.Metadata.DeletionTimestamp is null
            ? await _scaling.AdjustAsync(set, active, Related(set, sets, pods), pods, cancellationToken).ConfigureAwait(false)
            : null;
        await WriteStatusAsync(set, active, error, cancellationToken).ConfigureAwait(false);
        if (error is not null)
        {
            throw error;
        }
        return NextLook(set, active);
    }

    private static IEnumerable<Pod> Related(ReplicaSet set, ReplicaSnapshot<ReplicaSet> sets, ReplicaSnapshot<Pod> pods)
    {
        var siblings = Owners.ControllerOf(set.Metadata)?.Uid is { } owner ? sets.Find(ReplicaIndexes<ReplicaSet>.ControllerUid, owner) : [set];
        return siblings.SelectMany(sibling => pods.Find(ReplicaIndexes<Pod>.ControllerUid, sibling.Metadata.Uid!));
    }

    private async Task WriteStatusAsync(ReplicaSet set, Pod[] active, ApiException? error, CancellationToken cancellationToken)
    {
        var status = ReplicaSetStatusRules.Calculate(set, active, error, time.Seconds());
        if (!ModelJson.Same(set.Status ?? new ReplicaSetStatus(), status))
        {
            await Gone.IgnoredAsync(api.UpdateStatusAsync(set with { Status = status }, cancellationToken)).ConfigureAwait(false);
        }
    }

    private ReconcileResult NextLook(ReplicaSet set, Pod[] active)
    {
        var now = time.GetUtcNow();
        return ReplicaSetStatusRules.NextAvailable(set, active, now) is { } next ? ReconcileResult.After(next - now) : ReconcileResult.Done;
    }

    // A pod that nobody controls concerns every set that could adopt it.
    private async ValueTask<IEnumerable<ObjectName>> AdoptersAsync(ObjectChange<Pod> change, CancellationToken cancellationToken)
    {
        if (change.Current is not { } pod || Owners.ControllerOf(pod.Metadata) is not null || pod.Metadata.Labels is not { Count: > 0 })
        {
            return [];
        }
        var sets = await replicas.SyncAsync<ReplicaSet>(cancellationToken).ConfigureAwait(false);
        return sets.List(pod.Metadata.Namespace!)
            .Where(set => LabelSelectors.Matches(set.Spec?.Selector, pod.Metadata.Labels))
            .Select(set => ObjectName.Of(set.Metadata));
    }
}
