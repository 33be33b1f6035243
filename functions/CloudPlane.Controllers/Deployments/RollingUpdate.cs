using CloudPlane.Client;

namespace CloudPlane.Controllers;

/// <summary>One step of a rolling update: the new set grows as far as maxSurge allows, or the old ones shrink as far as maxUnavailable does.</summary>
internal static class RollingUpdate
{
    public static async Task StepAsync(Rollout rollout, CancellationToken cancellationToken)
    {
        await rollout.EnsureNewSetAsync(create: true, cancellationToken).ConfigureAwait(false);
        if (!await ResizeNewAsync(rollout, cancellationToken).ConfigureAwait(false))
        {
            await ShrinkOldAsync(rollout, cancellationToken).ConfigureAwait(false);
        }
    }

    private static Task<bool> ResizeNewAsync(Rollout rollout, CancellationToken cancellationToken)
    {
        var newSet = rollout.Sets.New!;
        var size = RevisionSets.Size(newSet);
        if (size == rollout.Deployment.Desired())
        {
            return Task.FromResult(false);
        }
        var target = size > rollout.Deployment.Desired()
            ? rollout.Deployment.Desired()
            : RolloutMath.NewSize(rollout.Deployment, size, rollout.Sets.All.Sum(RevisionSets.Size));
        return rollout.ScaleAsync(newSet, target, cancellationToken);
    }

    private static async Task ShrinkOldAsync(Rollout rollout, CancellationToken cancellationToken)
    {
        if (rollout.Sets.ActiveOld.Count == 0)
        {
            return;
        }
        var newSet = rollout.Sets.New!;
        var minAvailable = rollout.Deployment.Desired() - rollout.Deployment.MaxUnavailable();
        // Unavailable pods of the new set may never become available: those of the old sets that hold up the floor stay until they do.
        var newUnavailable = RevisionSets.Size(newSet) - RevisionSets.Available(newSet);
        var mostToRemove = rollout.Sets.All.Sum(RevisionSets.Size) - minAvailable - newUnavailable;
        if (mostToRemove <= 0 || rollout.Sets.ActiveOld.Any(HasStaleStatus))
        {
            return;
        }
        await RemoveUnhealthyAsync(rollout, mostToRemove, cancellationToken).ConfigureAwait(false);
        await RemoveAvailableAsync(rollout, minAvailable, cancellationToken).ConfigureAwait(false);
    }

    // More available than wanted: a scale-down that the ReplicaSet's own controller hasn't carried out yet. Its status wakes us when it has.
    private static bool HasStaleStatus(ReplicaSet set) => RevisionSets.Available(set) > RevisionSets.Size(set);

    private static async Task RemoveUnhealthyAsync(Rollout rollout, int mostToRemove, CancellationToken cancellationToken)
    {
        foreach (var set in rollout.Sets.ActiveOld)
        {
            var unhealthy = Math.Min(mostToRemove, RevisionSets.Size(set) - RevisionSets.Available(set));
            if (unhealthy > 0)
            {
                await rollout.ScaleAsync(set, RevisionSets.Size(set) - unhealthy, cancellationToken).ConfigureAwait(false);
                mostToRemove -= unhealthy;
            }
        }
    }

    private static async Task RemoveAvailableAsync(Rollout rollout, int minAvailable, CancellationToken cancellationToken)
    {
        var spare = rollout.Sets.All.Sum(RevisionSets.Available) - minAvailable;
        foreach (var set in rollout.Sets.ActiveOld)
        {
            var removed = Math.Min(spare, RevisionSets.Size(set));
            if (removed > 0)
            {
                await rollout.ScaleAsync(set, RevisionSets.Size(set) - removed, cancellationToken).ConfigureAwait(false);
                spare -= removed;
            }
        }
    }
}
