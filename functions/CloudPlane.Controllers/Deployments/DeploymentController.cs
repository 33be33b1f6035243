using CloudPlane.Client;

namespace CloudPlane.Controllers;

/// <summary>Moves the pods of a Deployment from one template to the next through ReplicaSets, one per template.</summary>
internal sealed class DeploymentController(ApiClient api, Replicas replicas, EventRecorder events, TimeProvider time) : IReconciler
{
    /// <inheritdoc/>
    public string Name => "deployment-controller";

    public IReadOnlyList<ControllerInput> Inputs =>
    [
        ControllerInput.Self<Deployment>(),
        ControllerInput.Controlled<ReplicaSet>("Deployment"),
        ControllerInput.OnAsync<ReplicaSet>(AdoptersAsync),
        ControllerInput.OnAsync<Pod>(RecreatedAsync),
    ];

    /// <inheritdoc/>
    public async ValueTask<ReconcileResult> ReconcileAsync(ReconcileKey key, CancellationToken cancellationToken)
    {
        var deployments = await replicas.SyncAsync<Deployment>(cancellationToken).ConfigureAwait(false);
        if (deployments.Get(key.Namespace, key.Name) is not { Spec: { Selector: not null, Template: not null } } deployment)
        {
            return ReconcileResult.Done;
        }
        var sets = await replicas.SyncAsync<ReplicaSet>(cancellationToken).ConfigureAwait(false);
        var claims = new Claims<Deployment, ReplicaSet>(api, deployment, deployment.Spec.Selector);
        var owned = await claims.SettleAsync(sets, cancellationToken).ConfigureAwait(false);
        var rollout = new Rollout(deployment, RevisionSets.Of(deployment, owned), api, events, time);
        if (deployment.Metadata.DeletionTimestamp is not null)
        {
            await Gone.IgnoredAsync(WriteCountsAsync(rollout, cancellationToken)).ConfigureAwait(false);
            return ReconcileResult.Done;
        }
        try
        {
            await NotePauseAsync(rollout, cancellationToken).ConfigureAwait(false);
            return deployment.Spec.Paused == true || ProportionalScaling.IsDue(rollout)
                ? await ResizeAsync(rollout, cancellationToken).ConfigureAwait(false)
                : await RollAsync(rollout, cancellationToken).ConfigureAwait(false);
        }
        catch (ApiException gone) when (gone.IsNotFound)
        {
            // The Deployment, one of its sets or its namespace was deleted meanwhile; that change wakes this key again where it matters.
            return ReconcileResult.Done;
        }
    }

    private async Task<ReconcileResult> ResizeAsync(Rollout rollout, CancellationToken cancellationToken)
    {
        await rollout.EnsureNewSetAsync(create: false, cancellationToken).ConfigureAwait(false);
        await ProportionalScaling.StepAsync(rollout, cancellationToken).ConfigureAwait(false);
        if (rollout.Deployment.Spec!.Paused == true)
        {
            await rollout.CleanUpHistoryAsync(cancellationToken).ConfigureAwait(false);
        }
        await WriteCountsAsync(rollout, cancellationToken).ConfigureAwait(false);
        return ReconcileResult.Done;
    }

    private async Task<ReconcileResult> RollAsync(Rollout rollout, CancellationToken cancellationToken)
    {
        if (rollout.Deployment.IsRollingUpdate())
        {
            await RollingUpdate.StepAsync(rollout, cancellationToken).ConfigureAwait(false);
        }
        else
        {
            var pods = await replicas.SyncAsync<Pod>(cancellationToken).ConfigureAwait(false);
            await Recreate.StepAsync(
                rollout, set => pods.Find(ReplicaIndexes<Pod>.ControllerUid, set.Metadata.Uid!), cancellationToken).ConfigureAwait(false);
        }
        if (DeploymentStatusRules.IsComplete(rollout.Deployment, rollout.Deployment.Status))
        {
            await rollout.CleanUpHistoryAsync(cancellationToken).ConfigureAwait(false);
        }
        var now = time.Seconds();
        var status = DeploymentStatusRules.CalculateProgress(rollout.Deployment, rollout.Sets, now);
        await rollout.WriteStatusAsync(status, cancellationToken).ConfigureAwait(false);
        // A second more, as the conditions keep whole seconds only.
        return DeploymentStatusRules.Deadline(rollout.Deployment, status) is { } deadline
            ? ReconcileResult.After(TimeSpan.FromSeconds(1) + (deadline > now ? deadline - now : TimeSpan.Zero))
            : ReconcileResult.Done;
    }

    private Task WriteCountsAsync(Rollout rollout, CancellationToken cancellationToken) =>
        rollout.WriteStatusAsync(DeploymentStatusRules.Calculate(rollout.Deployment, rollout.Sets, time.Seconds()), cancellationToken);

    // The pause stops the deadline's clock: the condition's change of reason starts it anew on resume.
    private static async Task NotePauseAsync(Rollout rollout, CancellationToken cancellationToken)
    {
        var reason = (rollout.Deployment.Status?.Conditions).Find(DeploymentConditions.Progressing)?.Reason;
        if (!rollout.Deployment.HasProgressDeadline() || reason == DeploymentConditions.ProgressDeadlineExceeded)
        {
            return;
        }
        var paused = rollout.Deployment.Spec!.Paused == true;
        if (paused && reason != DeploymentConditions.DeploymentPaused)
        {
            await rollout.WriteConditionAsync(
                DeploymentConditions.Progressing, "Unknown", DeploymentConditions.DeploymentPaused, "Deployment is paused", cancellationToken)
                .ConfigureAwait(false);
        }
        else if (!paused && reason == DeploymentConditions.DeploymentPaused)
        {
            await rollout.WriteConditionAsync(
                DeploymentConditions.Progressing, "Unknown", DeploymentConditions.DeploymentResumed, "Deployment is resumed", cancellationToken)
                .ConfigureAwait(false);
        }
    }

    // A ReplicaSet that nobody controls concerns every Deployment that could adopt it.
    private async ValueTask<IEnumerable<ObjectName>> AdoptersAsync(ObjectChange<ReplicaSet> change, CancellationToken cancellationToken)
    {
        if (change.Current is not { } set || Owners.ControllerOf(set.Metadata) is not null || set.Metadata.Labels is not { Count: > 0 })
        {
            return [];
        }
        var deployments = await replicas.SyncAsync<Deployment>(cancellationToken).ConfigureAwait(false);
        return deployments.List(set.Metadata.Namespace!)
            .Where(deployment => LabelSelectors.Matches(deployment.Spec?.Selector, set.Metadata.Labels))
            .Select(deployment => ObjectName.Of(deployment.Metadata));
    }

    // The Recreate strategy waits for pods to be gone or finished, and a terminating pod is in no ReplicaSet's count any more.
    private async ValueTask<IEnumerable<ObjectName>> RecreatedAsync(ObjectChange<Pod> change, CancellationToken cancellationToken)
    {
        var pod = change.Latest;
        if (!(change.IsDeletion || pod.IsTerminal()) || pod.Metadata.ControllerOfKind("ReplicaSet") is not { } owner)
        {
            return [];
        }
        var sets = await replicas.SyncAsync<ReplicaSet>(cancellationToken).ConfigureAwait(false);
        return sets.Get(pod.Metadata.Namespace!, owner.Name!)?.Metadata.ControllerOfKind("Deployment") is { } deployment
            ? [new ObjectName(pod.Metadata.Namespace!, deployment.Name!)]
            : [];
    }
}
