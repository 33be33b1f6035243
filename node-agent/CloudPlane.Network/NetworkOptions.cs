using System.Net;

namespace CloudPlane.Network;

/// <summary>How a node's pod network is made.</summary>
public sealed record NetworkOptions
{
    /// <summary>The name of this node.</summary>
    public required string NodeName { get; init; }

    /// <summary>Where the runtime looks for CNI configuration (*.conflist).</summary>
    public required string CniConfDirectory { get; init; }

    /// <summary>Where the address allocation keeps its state; removed by the cleanup.</summary>
    public required string CniDataDirectory { get; init; }

    /// <summary>Where the CNI plugins are. Default: Debian's containernetworking-plugins.</summary>
    public string CniBinDirectory { get; init; } = "/usr/lib/cni";

    /// <summary>The addresses of all pods: traffic to them keeps the pod's address. Default 10.244.0.0/16.</summary>
    public IPNetwork ClusterCidr { get; init; } = IPNetwork.Parse("10.244.0.0/16");

    /// <summary>The bridge that pods are connected to; at most 15 characters. Default "cloudplane0".</summary>
    public string Bridge { get; init; } = "cloudplane0";

    /// <summary>The VXLAN device to nodes that are not on the same link; at most 15 characters. Default "cloudplane-vx".</summary>
    public string VxlanDevice { get; init; } = "cloudplane-vx";

    /// <summary>The VXLAN's network identifier, the same on all nodes. Default 4244.</summary>
    public int VxlanId { get; init; } = 4244;

    /// <summary>The VXLAN's UDP port, the same on all nodes. Default 4789 (IANA).</summary>
    public int VxlanPort { get; init; } = 4789;

    /// <summary>The mark ("protocol") of our routes, so that nobody else's are touched; of those only what leads into <see cref="ClusterCidr"/> is this cluster's. Default 67; the kernel and routing daemons use others.</summary>
    public int RouteProtocol { get; init; } = 67;
}
