using CloudPlane.Client;

namespace CloudPlane.Network;

/// <summary>The network of a node's pods, in the network namespace that the process is in (one node per namespace).</summary>
public interface IPodNetwork
{
    /// <summary>
    /// Makes the network what the nodes say: CNI configuration and masquerading once this node has a podCIDR, a route to each other
    /// node's podCIDR. Takes all nodes of the cluster: routes to others are removed. To be called when a node's podCIDR or InternalIP
    /// changes, and now and then, for it also repairs what somebody else removed.
    /// </summary>
    /// <exception cref="NetworkException">It can't; what could be done is done.</exception>
    Task ReconcileAsync(IReadOnlyCollection<Node> nodes, CancellationToken cancellationToken);

    /// <summary>Removes all it made: CNI configuration and state, bridge, VXLAN device, routes, nft table, iptables rules. Pods must be gone. May be repeated.</summary>
    /// <exception cref="NetworkException">Something could not be removed.</exception>
    Task CleanupAsync(CancellationToken cancellationToken);
}
