using CloudPlane.Client;

namespace CloudPlane.Scheduling;

/// <summary>What one decision looks at: the nodes with what is taken of them, and the pods.</summary>
internal sealed record ClusterView(IReadOnlyList<NodeView> Nodes, ReplicaSnapshot<Pod> Pods, IReadOnlyList<AssumedPod> Assumed);
