using CloudPlane.Client;

namespace CloudPlane.Scheduling;

/// <summary>Makes views; a node whose pods did not change keeps its sums. Guarded by the scheduler's lock, and droppable.</summary>
internal sealed class ClusterViewCache
{
    private readonly PodLoads _loads = new();
    private Dictionary<string, (Node Node, object Pods, NodeView View)> _views = [];

    public PodInfo Info(Pod pod) => new(pod, _loads.Of(pod));

    public ClusterView View(
        ReplicaSnapshot<Node> nodes, ReplicaSnapshot<Pod> pods, ReplicaSnapshot<Namespace> namespaces, AssumedPods assumed)
    {
        assumed.ForgetSeen(pods);
        var next = new Dictionary<string, (Node Node, object Pods, NodeView View)>(nodes.Count);
        var views = new List<NodeView>(nodes.Count);
        foreach (var node in nodes.All)
        {
            // A node that is being deleted takes no more pods.
            if (node.Metadata is not { Name: { } name, DeletionTimestamp: null }) continue;
            var bucket = pods.Bucket(PodIndexes.NodeName, name);
            if (!_views.TryGetValue(name, out var entry) || !ReferenceEquals(entry.Pods, bucket) || !ReferenceEquals(entry.Node, node))
                entry = (node, bucket, NodeView.Of(node, NodeUsage.Of(bucket.Values, _loads)));
            next[name] = entry;
            var inFlight = assumed.On(name);
            views.Add(inFlight.Count == 0 ? entry.View : entry.View with { Usage = entry.View.Usage.With(inFlight, _loads) });
        }
        _views = next;
        return new ClusterView(views, pods, assumed.All, namespaces);
    }
}
