using System.Net;

namespace CloudPlane.Network;

/// <summary>Keeps one route per other node, marked as ours by their protocol.</summary>
internal sealed class PeerRoutes(NetworkOptions options, ICommandRunner commands, VxlanDevice vxlan)
{
    /// <exception cref="NetworkException">Some node can't be routed to; the others are.</exception>
    public async Task ReconcileAsync(IPNetwork ownCidr, IPAddress? ownIp, IReadOnlyList<PeerNode> peers, CancellationToken cancellationToken)
    {
        var failures = new List<Exception>();
        var wanted = new HashSet<PeerRoute>();
        var overlay = new List<PeerNode>();
        foreach (var peer in peers)
        {
            try
            {
                if (await LinkToAsync(peer, cancellationToken).ConfigureAwait(false) is { } device)
                    wanted.Add(new PeerRoute(peer.PodCidr.ToString(), peer.InternalIp.ToString(), device));
                else
                    overlay.Add(peer);
            }
            catch (NetworkException e)
            {
                failures.Add(e);
            }
        }
        wanted.UnionWith(await OverlayAsync(ownCidr, ownIp, overlay, failures, cancellationToken).ConfigureAwait(false));
        await ApplyAsync(wanted, failures, cancellationToken).ConfigureAwait(false);
        if (failures.Count > 0)
            throw new NetworkException(string.Join("; ", failures.Select(e => e.Message)), failures[0]);
    }

    /// <exception cref="NetworkException">They can't be removed.</exception>
    public async Task RemoveAsync(CancellationToken cancellationToken)
    {
        await ApplyAsync([], [], cancellationToken).ConfigureAwait(false);
        await vxlan.RemoveAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The device through which a node is reached without a router; null when there is a router between.</summary>
    private async Task<string?> LinkToAsync(PeerNode peer, CancellationToken cancellationToken)
    {
        var routes = PeerRoute.Parse(await commands.MustAsync("ip", $"-j -4 route get {peer.InternalIp}", cancellationToken).ConfigureAwait(false));
        return routes is [{ Gateway: "", Device: not ("" or "lo") } route] ? route.Device : null;
    }

    private async Task<IReadOnlyList<PeerRoute>> OverlayAsync(
        IPNetwork ownCidr, IPAddress? ownIp, List<PeerNode> peers, List<Exception> failures, CancellationToken cancellationToken)
    {
        try
        {
            if (peers.Count == 0)
            {
                await vxlan.RemoveAsync(cancellationToken).ConfigureAwait(false);
                return [];
            }
            if (ownIp is null)
                throw new NetworkException($"node {options.NodeName} has no InternalIP to reach {string.Join(", ", peers.Select(peer => peer.Name))} from");
            return await vxlan.ReconcileAsync(ownCidr, ownIp, peers, cancellationToken).ConfigureAwait(false);
        }
        catch (NetworkException e)
        {
            failures.Add(e);
            return [];
        }
    }

    // A machine may run nodes of several clusters, each with pod addresses of its own; the mark is the same for all.
    private bool IsOfThisCluster(PeerRoute route) =>
        IPAddress.TryParse(route.Destination.Split('/')[0], out var address) && options.ClusterCidr.Contains(address);

    private async Task ApplyAsync(HashSet<PeerRoute> wanted, List<Exception> failures, CancellationToken cancellationToken)
    {
        var marked = PeerRoute.Parse(
            await commands.MustAsync("ip", $"-j -4 route show proto {options.RouteProtocol}", cancellationToken).ConfigureAwait(false));
        var present = marked.Where(IsOfThisCluster).ToHashSet();
        // New ones first: "replace" changes a route in place, so that no packet meets a gap.
        foreach (var route in wanted.Except(present))
            await TryAsync($"route replace {route.Destination} via {route.Gateway} dev {route.Device}{(route.Device == options.VxlanDevice ? " onlink" : "")}");
        var kept = wanted.Select(route => route.Destination).ToHashSet();
        foreach (var route in present.Where(route => !kept.Contains(route.Destination)))
            await TryAsync($"route delete {route.Destination}");

        async Task TryAsync(string arguments)
        {
            try
            {
                await commands.MustAsync("ip", $"{arguments} proto {options.RouteProtocol}", cancellationToken).ConfigureAwait(false);
            }
            catch (NetworkException e)
            {
                failures.Add(e);
            }
        }
    }
}
