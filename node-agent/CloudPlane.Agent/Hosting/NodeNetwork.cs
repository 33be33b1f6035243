using CloudPlane.Network;

namespace CloudPlane.Agent;

internal static class NodeNetwork
{
    /// <summary>This node's pod network.</summary>
    public static IPodNetwork Create(AgentOptions options) => new PodNetwork(new NetworkOptions
    {
        NodeName = options.NodeName,
        CniConfDirectory = options.CniConfDirectory,
        ClusterCidr = options.PodNetwork,
        Bridge = options.Bridge,
        CniDataDirectory = Path.Combine(options.DataDirectory, "cni/data"),
    }, new CommandRunner());
}
