using CloudPlane.Client;

namespace CloudPlane.Controllers;

/// <summary>Brings the sets to a changed spec.replicas without moving the rollout itself (a paused Deployment, or one scaled in mid-rollout).</summary>
internal static class ProportionalScaling
{
    /// <summary>Whether the Deployment's size changed since a set was last sized.</summary>
    public static bool IsDue(Rollout rollout) => rollout.Sets.All.Where(RevisionSets.IsActive)
        .Any(set => RevisionAnnotations.DesiredOf(set) is { } desired && desired != rollout.Deployment.Desired());

    public static async Task StepAsync(Rollout rollout, CancellationToken cancellationToken)
    {
        if (rollout.Sets.ActiveOrLatest() is { } only)
        {
            await rollout.ScaleAsync(only, rollout.Deployment.Desired(), cancellationToken).ConfigureAwait(false);
        }
        else if (IsSaturated(rollout))
        {
            foreach (var set in rollout.Sets.ActiveOld)
            {
                await rollout.ScaleAsync(set, 0, cancellationToken).ConfigureAwait(false);
            }
        }
        else if (rollout.Deployment.IsRollingUpdate())
        {
            await SpreadAsync(rollout, cancellationToken).ConfigureAwait(false);
        }
    }

    private static bool IsSaturated(Rollout rollout) => rollout.Sets.New is { } newSet
        && RevisionSets.Size(newSet) == rollout.Deployment.Desired()
        && RevisionAnnotations.DesiredOf(newSet) == rollout.Deployment.Desired()
        && RevisionSets.Available(newSet) == rollout.Deployment.Desired();

    private static async Task SpreadAsync(Rollout rollout, CancellationToken cancellationToken)
    {
        var deployment = rollout.Deployment;
        var active = rollout.Sets.All.Where(RevisionSets.IsActive).ToList();
        var allowed = deployment.Desired() > 0 ? deployment.Desired() + deployment.MaxSurge() : 0;
        var toAdd = allowed - active.Sum(RevisionSets.Size);
        var ordered = Ordered(active, growing: toAdd > 0);
        var sizes = new Dictionary<string, int>();
        var added = 0;
        foreach (var set in ordered)
        {
            var share = RolloutMath.Proportion(deployment, RevisionSets.Size(set), RevisionAnnotations.MaxOf(set), toAdd, added);
            sizes[set.Metadata.Uid!] = RevisionSets.Size(set) + share;
            added += share;
        }
        // What rounding left over goes to the biggest.
        var first = ordered[0].Metadata.Uid!;
        sizes[first] = Math.Max(sizes[first] + toAdd - added, 0);
        // Shrinking first keeps the total under its ceiling at every moment.
        foreach (var set in ordered.OrderBy(set => sizes[set.Metadata.Uid!] - RevisionSets.Size(set)))
        {
            await rollout.ScaleAsync(set, sizes[set.Metadata.Uid!], cancellationToken).ConfigureAwait(false);
        }
    }

    // The biggest first; among equals the newest grows first and the oldest shrinks first.
    private static List<ReplicaSet> Ordered(List<ReplicaSet> sets, bool growing)
    {
        var bySize = sets.OrderByDescending(RevisionSets.Size);
        var byAge = growing
            ? bySize.ThenByDescending(set => set.Metadata.CreationTimestamp)
            : bySize.ThenBy(set => set.Metadata.CreationTimestamp);
        return [.. byAge.ThenBy(set => set.Metadata.Name, StringComparer.Ordinal)];
    }
}
