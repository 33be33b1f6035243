using System.Net;
using System.Net.Sockets;
using CloudPlane.Client;

namespace CloudPlane.Network;

/// <summary>Another node: where its pods are, and how to reach it.</summary>
internal sealed record PeerNode(string Name, IPNetwork PodCidr, IPAddress InternalIp)
{
    /// <summary>The nodes that can be routed to: those with a podCIDR and an InternalIP of their own.</summary>
    public static List<PeerNode> Others(IReadOnlyCollection<Node> nodes, Node own)
    {
        var ownIp = InternalIpOf(own);
        var peers = new List<PeerNode>();
        foreach (var node in nodes)
        {
            if (node != own && PodCidrOf(node) is { } cidr && InternalIpOf(node) is { } ip && !ip.Equals(ownIp))
                peers.Add(new PeerNode(node.Metadata.Name!, cidr, ip));
        }
        return peers;
    }

    /// <summary>The node's IPv4 podCIDR; null when it has none yet, or one that is no network.</summary>
    public static IPNetwork? PodCidrOf(Node node) =>
        IPNetwork.TryParse(node.Spec?.PodCIDR ?? "", out var cidr) && cidr.BaseAddress.AddressFamily == AddressFamily.InterNetwork ? cidr : null;

    /// <summary>The node's IPv4 InternalIP; null when it has none.</summary>
    public static IPAddress? InternalIpOf(Node node)
    {
        foreach (var address in node.Status?.Addresses ?? [])
        {
            if (address.Type == "InternalIP" && IPAddress.TryParse(address.Address, out var ip) && ip.AddressFamily == AddressFamily.InterNetwork)
                return ip;
        }
        return null;
    }
}
