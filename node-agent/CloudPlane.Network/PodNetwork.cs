using CloudPlane.Client;

namespace CloudPlane.Network;

/// <summary>The pod network of a node: a CNI bridge, one podCIDR per node, routes (or VXLAN) between nodes, masquerading to the outside.</summary>
public sealed class PodNetwork : IPodNetwork
{
    private readonly NetworkOptions _options;
    private readonly ICommandRunner _commands;
    private readonly CniConfiguration _cni;
    private readonly Masquerade _masquerade;
    private readonly ForwardAccept _forwardAccept;
    private readonly PortMapChains _portMapChains;
    private readonly PeerRoutes _routes;
    private readonly Forwarding _forwarding;

    /// <param name="options">How.</param>
    /// <param name="commands">Runs ip and nft.</param>
    /// <param name="sysctlDirectory">Where the kernel's settings are; another one in tests.</param>
    public PodNetwork(NetworkOptions options, ICommandRunner commands, string sysctlDirectory = "/proc/sys")
    {
        _options = options;
        _commands = commands;
        _cni = new CniConfiguration(options);
        _masquerade = new Masquerade(options, commands);
        _forwardAccept = new ForwardAccept(options, commands);
        _portMapChains = new PortMapChains(commands);
        _routes = new PeerRoutes(options, commands, new VxlanDevice(options, commands));
        _forwarding = new Forwarding(sysctlDirectory);
    }

    /// <inheritdoc/>
    public async Task ReconcileAsync(IReadOnlyCollection<Node> nodes, CancellationToken cancellationToken)
    {
        var own = nodes.FirstOrDefault(node => node.Metadata.Name == _options.NodeName);
        if (own is null || PeerNode.PodCidrOf(own) is not { } podCidr)
            return;
        _forwarding.Enable();
        await _masquerade.ApplyAsync(podCidr, cancellationToken).ConfigureAwait(false);
        await _forwardAccept.ApplyAsync(cancellationToken).ConfigureAwait(false);
        _cni.Write(podCidr);
        await _routes.ReconcileAsync(podCidr, PeerNode.InternalIpOf(own), PeerNode.Others(nodes, own), cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task CleanupAsync(CancellationToken cancellationToken)
    {
        var failures = new List<string>();
        await TryAsync(() => { _cni.Remove(); return Task.CompletedTask; });
        await TryAsync(() => _routes.RemoveAsync(cancellationToken));
        await TryAsync(() => _commands.RemoveAsync("ip", $"link delete {_options.Bridge}", cancellationToken));
        await TryAsync(() => _forwardAccept.RemoveAsync(cancellationToken));
        await TryAsync(() => _portMapChains.RemoveAsync(cancellationToken));
        await TryAsync(() => _masquerade.RemoveAsync(cancellationToken));
        if (failures.Count > 0)
            throw new NetworkException(string.Join("; ", failures));

        // What one step leaves must not keep the others from going.
        async Task TryAsync(Func<Task> step)
        {
            try
            {
                await step().ConfigureAwait(false);
            }
            catch (NetworkException e)
            {
                failures.Add(e.Message);
            }
        }
    }
}
