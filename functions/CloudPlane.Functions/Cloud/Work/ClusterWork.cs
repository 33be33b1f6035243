using CloudPlane.Client;
using CloudPlane.Controllers;
using CloudPlane.Storage;

namespace CloudPlane.Functions;

/// <summary>One cluster's reconcilers in this process, and the carrying of its logs to them.</summary>
internal sealed class ClusterWork(
    IStateStore store, ControllerSet controllers, ControllerOptions options, IChangeFeed feed, NodeConcerns concerns, IWorkQueue queue,
    INodeBells bells, TimeProvider time)
{
    // A bell that names no resource which nodes know: they look at everything.
    private const string EveryResource = "*";

    // How many changes are routed side by side. Most look at replicas, which costs a read of a head, or a share in one.
    private const int RoutedAtOnce = 16;

    private readonly string _cluster = options.Cluster;
    private readonly LogCursors _cursors = new(store, options.Cluster);
    private readonly History _history = new(store, options.Cluster, time);
    private readonly Dictionary<string, ControllerRegistration> _registrations =
        controllers.Registrations.ToDictionary(registration => registration.Reconciler.Name);

    /// <summary>The controller of that name, or null.</summary>
    public ControllerRegistration? Registration(string controller) => _registrations.GetValueOrDefault(controller);

    /// <summary>Carries a resource's changes since its position; null when they concern nobody.</summary>
    public async Task<LogCarrier?> CarryAsync(string resource, CancellationToken cancellationToken) =>
        IsCarried(resource) ? NewCarrier(resource, await _cursors.FindAsync(resource, cancellationToken), isSweep: false) : null;

    /// <summary>
    /// Carries every log from where the last sweep stood: what was carried since is carried once more, so that a message which was lost on the way
    /// costs a minute or two. To look at a key again is cheap, and many changes of one key are one look.
    /// </summary>
    public async Task<IReadOnlyList<LogCarrier>> SweepAsync(CancellationToken cancellationToken)
    {
        var cursors = await _cursors.ListAsync(cancellationToken);
        var logs = new List<LogCarrier>();
        foreach (var resource in controllers.Router.Resources.Where(OutboxRules.IsCarried))
        {
            var cursor = cursors.GetValueOrDefault(resource);
            if (await store.GetHeadAsync(new Partition(_cluster, resource), cancellationToken) > (cursor?.Swept ?? 0))
                logs.Add(NewCarrier(resource, cursor, isSweep: true));
        }

        return logs;
    }

    /// <summary>
    /// What has changed is not known any more: every object that exists may have. Which were deleted can't be known either; those that depended
    /// on them belong to any resource.
    /// </summary>
    public async Task StartAnewAsync(CancellationToken cancellationToken)
    {
        await bells.RingAsync(_cluster, await concerns.AllAsync(cancellationToken), EveryResource, cancellationToken);
        await SeedAsync(cancellationToken);
    }

    /// <summary>Arms the look at all nodes: it re-arms itself, and may have been lost. Where it was not, the queue keeps one of both.</summary>
    public Task SeedNodesAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var look = new KeyWork(_cluster, NodeWatch.Controller, NodeWatch.Key.Namespace, NodeWatch.Key.Name)
        {
            Due = Grid.After(now, NodeWatch.RareLook(now, options) - now),
        };
        return queue.SendAsync([look], cancellationToken);
    }

    /// <summary>
    /// Wakes every controller for every object, as a start does: those that look by the clock may have lost their message. No node is rung: each
    /// looks by itself as often.
    /// </summary>
    public async Task SeedAsync(CancellationToken cancellationToken)
    {
        foreach (var resource in controllers.Router.Resources.Where(OutboxRules.IsCarried))
        {
            var snapshot = await feed.ListAsync(resource, cancellationToken);
            var keys = await RouteAsync(resource, [.. snapshot.Objects.Select(document => new FeedChange(snapshot.Revision, false, document, default))], cancellationToken);
            if (keys.Count > 0)
                await queue.SendAsync(keys, cancellationToken);
        }

        await queue.SendAsync([KeyWork.EventExpiry(_cluster)], cancellationToken);
    }

    /// <summary>Forgets history that no watch may resume from any more.</summary>
    public Task CompactAsync(CancellationToken cancellationToken) =>
        _history.CompactAsync([.. controllers.Router.Resources, LogCursors.Resource, History.Resource], cancellationToken);

    private bool IsCarried(string resource) => controllers.Router.Resources.Contains(resource) && OutboxRules.IsCarried(resource);

    private LogCarrier NewCarrier(string resource, LogCursor? cursor, bool isSweep) =>
        new(store, new Partition(_cluster, resource), _cursors, cursor, isSweep, async (changes, cancellationToken) =>
        {
            // First of all: nodes are what somebody waits for.
            if (await concerns.OfAsync(resource, changes, cancellationToken) is { Count: > 0 } nodes)
                await bells.RingAsync(_cluster, nodes, resource, cancellationToken);
            return await RouteAsync(resource, changes, cancellationToken);
        });

    /// <summary>The keys that changes concern, each once.</summary>
    private async Task<IReadOnlyList<KeyWork>> RouteAsync(string resource, IReadOnlyList<FeedChange> changes, CancellationToken cancellationToken)
    {
        var routed = new IReadOnlyCollection<ReconcileMessage>[changes.Count];
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = RoutedAtOnce, CancellationToken = cancellationToken };
        await Parallel.ForAsync(0, changes.Count, parallel, async (i, cancel) => routed[i] = await controllers.Router.RouteAsync(resource, changes[i], cancel));
        // In the order of the changes, whichever was routed first.
        return
        [
            .. routed.SelectMany(found => found)
                .Select(found => new KeyWork(_cluster, found.Controller, found.Key.Namespace, found.Key.Name))
                .Distinct(),
        ];
    }
}
