using System.Globalization;
using System.Net;

namespace CloudPlane.Network;

/// <summary>
/// The tunnel to nodes behind routers. The hardware address of each node's end follows from its podCIDR, so nodes need not tell each
/// other; who is where comes from the list of nodes, so nothing is flooded or learned.
/// </summary>
internal sealed class VxlanDevice(NetworkOptions options, ICommandRunner commands)
{
    /// <summary>Makes the device and its entries for these nodes; returns the routes through it.</summary>
    public async Task<IReadOnlyList<PeerRoute>> ReconcileAsync(
        IPNetwork ownCidr, IPAddress ownIp, IReadOnlyList<PeerNode> peers, CancellationToken cancellationToken)
    {
        await EnsureAsync(ownCidr, ownIp, cancellationToken).ConfigureAwait(false);
        var routes = new List<PeerRoute>();
        foreach (var peer in peers)
        {
            // The first address of a podCIDR is nobody's pod: it names the node's end of the tunnel.
            var (end, address) = (peer.PodCidr.BaseAddress, HardwareAddress(peer.PodCidr));
            await commands.MustAsync("ip", $"neigh replace {end} lladdr {address} dev {options.VxlanDevice} nud permanent", cancellationToken).ConfigureAwait(false);
            await commands.MustAsync("bridge", $"fdb replace {address} dev {options.VxlanDevice} dst {peer.InternalIp} self permanent", cancellationToken)
                .ConfigureAwait(false);
            routes.Add(new PeerRoute(peer.PodCidr.ToString(), end.ToString(), options.VxlanDevice));
        }
        return routes;
    }

    public Task RemoveAsync(CancellationToken cancellationToken) =>
        commands.RemoveAsync("ip", $"link delete {options.VxlanDevice}", cancellationToken);

    /// <summary>The hardware address of a node's end: locally administered (0a), then the podCIDR's.</summary>
    internal static string HardwareAddress(IPNetwork podCidr) =>
        string.Join(':', podCidr.BaseAddress.GetAddressBytes().Prepend((byte)0x58).Prepend((byte)0x0a).Select(b => b.ToString("x2", CultureInfo.InvariantCulture)));

    private async Task EnsureAsync(IPNetwork ownCidr, IPAddress ownIp, CancellationToken cancellationToken)
    {
        var (name, address) = (options.VxlanDevice, HardwareAddress(ownCidr));
        var show = await commands.RunAsync("ip", ["-d", "link", "show", name], null, cancellationToken).ConfigureAwait(false);
        if (show.ExitCode == 0 && show.Output.Contains($"local {ownIp} ", StringComparison.Ordinal) && show.Output.Contains(address, StringComparison.Ordinal)
            && show.Output.Contains($"id {options.VxlanId} ", StringComparison.Ordinal))
            return;
        await RemoveAsync(cancellationToken).ConfigureAwait(false);
        await commands.MustAsync("ip",
            $"link add {name} address {address} type vxlan id {options.VxlanId} local {ownIp} dstport {options.VxlanPort} nolearning", cancellationToken)
            .ConfigureAwait(false);
        // The address that replies to other nodes' own traffic come from; never a pod's.
        await commands.MustAsync("ip", $"address replace {ownCidr.BaseAddress}/32 dev {name}", cancellationToken).ConfigureAwait(false);
        await commands.MustAsync("ip", $"link set {name} up", cancellationToken).ConfigureAwait(false);
    }
}
