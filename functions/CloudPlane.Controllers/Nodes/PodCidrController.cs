using CloudPlane.Client;

namespace CloudPlane.Controllers;

/// <summary>
/// Gives every node a network of its own for its pods (spec.podCIDR, a /24). A Lease named after the network, created before the node is
/// told and owned by the node, makes it unique however many of these run; it goes with the node, and so frees the network.
/// </summary>
internal sealed class PodCidrController(ApiClient api, Replicas replicas, EventRecorder events, string podNetwork) : IReconciler
{
    private const string ClaimNamespace = "kube-system";

    // The claim of a deleted node goes in a moment; a full network takes somebody to delete a node.
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(30);

    private readonly PodNetworks _networks = PodNetworks.Parse(podNetwork);

    /// <inheritdoc/>
    public string Name => "node-ipam-controller";

    public IReadOnlyList<ControllerInput> Inputs =>
        [ControllerInput.On<Node>(change => change.Current is { } node && string.IsNullOrEmpty(node.Spec?.PodCIDR) ? [ObjectName.Of(node.Metadata)] : [])];

    /// <inheritdoc/>
    public async ValueTask<ReconcileResult> ReconcileAsync(ReconcileKey key, CancellationToken cancellationToken)
    {
        var nodes = await replicas.SyncAsync<Node>(cancellationToken).ConfigureAwait(false);
        if (nodes.Get("", key.Name) is not { Metadata.DeletionTimestamp: null } node || !string.IsNullOrEmpty(node.Spec?.PodCIDR))
        {
            return ReconcileResult.Done;
        }
        if (await ClaimAsync(node, nodes, cancellationToken).ConfigureAwait(false) is not { } cidr)
        {
            await events.WarningAsync(node, "CIDRNotAvailable", $"Node {key.Name} status is now: CIDRNotAvailable", cancellationToken).ConfigureAwait(false);
            return ReconcileResult.After(LookAgain);
        }
        var assigned = node with { Spec = (node.Spec ?? new NodeSpec()) with { PodCIDR = cidr, PodCIDRs = [cidr] } };
        await api.UpdateAsync(assigned, cancellationToken).ConfigureAwait(false);
        await events.NormalAsync(
            node, "RegisteredNode", $"Node {key.Name} event: Registered Node {key.Name} in Controller", cancellationToken).ConfigureAwait(false);
        return ReconcileResult.Done;
    }

    private async Task<string?> ClaimAsync(Node node, ReplicaSnapshot<Node> nodes, CancellationToken cancellationToken)
    {
        var leases = await replicas.SyncAsync<Lease>(cancellationToken).ConfigureAwait(false);
        var used = nodes.All.Select(other => other.Spec?.PodCIDR).OfType<string>().ToHashSet();
        foreach (var cidr in _networks.All().Where(cidr => !used.Contains(cidr)))
        {
            var claim = leases.Get(ClaimNamespace, ClaimName(cidr));
            if (claim?.Spec?.HolderIdentity == node.Metadata.Uid || (claim is null && await TryCreateAsync(node, cidr, cancellationToken).ConfigureAwait(false)))
            {
                return cidr;
            }
        }
        return null;
    }

    private async Task<bool> TryCreateAsync(Node node, string cidr, CancellationToken cancellationToken)
    {
        var claim = new Lease
        {
            Metadata = new ObjectMeta
            {
                Namespace = ClaimNamespace,
                Name = ClaimName(cidr),
                OwnerReferences = [Owners.ControllerReference(node) with { BlockOwnerDeletion = null }],
            },
            Spec = new LeaseSpec { HolderIdentity = node.Metadata.Uid },
        };
        try
        {
            await api.CreateAsync(claim, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (ApiException taken) when (taken.IsAlreadyExists)
        {
            return false;
        }
    }

    private static string ClaimName(string cidr) => $"pod-cidr-{cidr.Replace('/', '-')}";
}
