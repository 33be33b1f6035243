using CloudPlane.Client;
using CloudPlane.Network;

namespace CloudPlane.Agent;

/// <summary>Keeps the node's pod network as the nodes' podCIDRs and addresses want it: at each change, and now and then to
/// repair.</summary>
internal sealed class NetworkKeeper(IPodNetwork network, IObjectCache<Node> nodes, RuntimeHealth health, TimeProvider time, AgentLog log)
{
    private static readonly TimeSpan RepairPeriod = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(2);
    private readonly SemaphoreSlim _changed = new(0, 1);

    /// <summary>Runs until cancelled; it is what reads the changes of the nodes.</summary>
    public Task RunAsync(CancellationToken cancellationToken) =>
        Task.WhenAll(WatchAsync(cancellationToken), ReconcileAsync(cancellationToken));

    private async Task WatchAsync(CancellationToken cancellationToken)
    {
        await foreach (var change in nodes.RunAsync(cancellationToken).ConfigureAwait(false))
            if (change.Kind == CacheChangeKind.Synced || Routing(change.Before) != Routing(change.After)) Wake();
    }

    private async Task ReconcileAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var delay = RepairPeriod;
            if (nodes.IsSynced)
            {
                try
                {
                    await network.ReconcileAsync([.. nodes.Objects.Values], cancellationToken).ConfigureAwait(false);
                    // containerd notices new CNI configuration by itself; the node should say so at once.
                    if (health.NetworkProblem is not null) health.CheckNow();
                }
                catch (NetworkException e)
                {
                    log.Warn($"the pod network could not be set up: {e.Message}");
                    delay = RetryDelay;
                }
            }
            using var wait = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            await Task.WhenAny(Task.Delay(delay, time, wait.Token), _changed.WaitAsync(wait.Token)).ConfigureAwait(false);
            await wait.CancelAsync().ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    private void Wake()
    {
        lock (_changed)
            if (_changed.CurrentCount == 0) _changed.Release();
    }

    /// <summary>What of a node the network depends on; heartbeats don't count.</summary>
    private static string Routing(Node? node) =>
        node is null
            ? "" : $"{node.Spec?.PodCIDR} {string.Join(',', (node.Status?.Addresses ?? []).Where(a => a.Type == "InternalIP").Select(a => a.Address))}";
}
