namespace CloudPlane.Scheduling;

/// <summary>What the pod requests must be left of the node's allocatable resources; requests count, not use.</summary>
internal sealed class NodeResourcesFitFilter : IFilter
{
    public Rejection? Check(PodInfo pod, NodeView node)
    {
        List<string>? reasons = null;
        var unresolvable = false;
        if (node.Usage.Pods + 1 > node.Allocatable[ResourceAmounts.Pods]) (reasons ??= []).Add("Too many pods");
        foreach (var (resource, wanted) in pod.Load.Requests.All)
        {
            if (wanted <= 0 || wanted <= node.Allocatable[resource] - node.Usage.Requested[resource]) continue;
            (reasons ??= []).Add($"Insufficient {resource}");
            // More than the node has at all: no eviction helps.
            unresolvable |= wanted > node.Allocatable[resource];
        }
        return reasons is null ? null : new Rejection(reasons, unresolvable);
    }
}
