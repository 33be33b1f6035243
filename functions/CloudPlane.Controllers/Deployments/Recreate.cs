using CloudPlane.Client;

namespace CloudPlane.Controllers;

/// <summary>One step of the Recreate strategy: all old pods go, and only when the last of them is gone does the new set start.</summary>
internal static class Recreate
{
    public static async Task StepAsync(Rollout rollout, Func<ReplicaSet, IEnumerable<Pod>> podsOf, CancellationToken cancellationToken)
    {
        await rollout.EnsureNewSetAsync(create: false, cancellationToken).ConfigureAwait(false);
        var scaledDown = false;
        foreach (var set in rollout.Sets.ActiveOld)
        {
            scaledDown |= await rollout.ScaleAsync(set, 0, cancellationToken).ConfigureAwait(false);
        }
        if (scaledDown || rollout.Sets.Old.Any(set => RevisionSets.Actual(set) > 0 || podsOf(set).Any(pod => !pod.IsTerminal())))
        {
            return;
        }
        if (rollout.Sets.New is null)
        {
            await rollout.EnsureNewSetAsync(create: true, cancellationToken).ConfigureAwait(false);
        }
        await rollout.ScaleAsync(rollout.Sets.New!, rollout.Deployment.Desired(), cancellationToken).ConfigureAwait(false);
    }
}
