using CloudPlane.Client;

namespace CloudPlane.Scheduling;

/// <summary>What a pod's change means to scheduling.</summary>
internal static class PodChange
{
    /// <summary>Whether a pod that waits is new or other than it was: its status alone (which the scheduler writes) is no reason to try again.</summary>
    public static bool ConcernsScheduling(Pod? before, Pod after) =>
        before is null || !PodState.AwaitsScheduling(before) || !ModelJson.Same(before.Spec, after.Spec);

    /// <summary>Whether a pod that had a place on a node left it, or takes less of it.</summary>
    public static bool GivesBackRoom(Pod before, Pod? after) =>
        !PodState.Occupies(after) || after!.Metadata.Uid != before.Metadata.Uid || !ModelJson.Same(before.Spec, after.Spec);

    /// <summary>Whether a pod took or left a place, or is another by its labels: what rules about other pods look at.</summary>
    public static bool ConcernsOthers(Pod? before, Pod? after) =>
        PodState.Occupies(before) != PodState.Occupies(after)
        || (after is not null && PodState.Occupies(after) && !Labels.Same(before?.Metadata.Labels, after.Metadata.Labels));
}
