using CloudPlane.Client;

namespace CloudPlane.Scheduling;

/// <summary>What a node's change means to pods that wait.</summary>
internal static class NodeChange
{
    /// <summary>Whether a pod that did not fit may fit now: heartbeats and conditions alone change nothing.</summary>
    public static bool MayAdmitMore(Node? before, Node after) =>
        before is null
        || before.Spec?.Unschedulable == true != (after.Spec?.Unschedulable == true)
        || !Labels.Same(before.Metadata.Labels, after.Metadata.Labels)
        || !Labels.Same(before.Status?.Allocatable, after.Status?.Allocatable)
        || !(before.Spec?.Taints ?? []).SequenceEqual(after.Spec?.Taints ?? []);
}
