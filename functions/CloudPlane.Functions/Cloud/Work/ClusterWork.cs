using System.Runtime.CompilerServices;
using CloudPlane.Client;
using CloudPlane.Controllers;
using CloudPlane.Storage;

namespace CloudPlane.Functions;

/// <summary>One cluster's reconcilers in this process, and the carrying of its logs to them.</summary>
internal sealed class ClusterWork(
    IStateStore store, ControllerSet controllers, ControllerOptions options, IChangeFeed feed, NodeConcerns concerns, IWorkQueue queue,
    INodeBells bells, TimeProvider time)
{
    // How many changes of a log are read, and dealt with, before its cursor moves on.
    private const int CarriedAtOnce = 500;

    // How many changes are routed side by side. Most look at replicas, which costs a read of a head, or a share in one.
    private const int RoutedAtOnce = 32;

    private readonly string _cluster = options.Cluster;
    private readonly LogCursors _cursors = new(store, options.Cluster);
    private readonly History _history = new(store, options.Cluster, time);
    private readonly Dictionary<string, ControllerRegistration> _registrations =
        controllers.Registrations.ToDictionary(registration => registration.Reconciler.Name);

    /// <summary>The controller of that name, or null.</summary>
    public ControllerRegistration? Registration(string controller) => _registrations.GetValueOrDefault(controller);

    /// <summary>
    /// Carries a resource's changes since its position, page by page: rings the nodes that they concern, and gives the keys that controllers are
    /// to look at. Whoever asks for the next page has dealt with the last: only then does the cursor move on, so that one who is stopped has not
    /// lost anything.
    /// </summary>
    public async IAsyncEnumerable<IReadOnlyList<KeyWork>> CarryAsync(string resource, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (!IsCarried(resource))
            yield break;
        var cursor = await _cursors.FindAsync(resource, cancellationToken);
        var pages = CarryAsync(resource, cursor, cursor?.Position ?? 0, (at, carried) => at with { Position = Math.Max(at.Position, carried) }, cancellationToken);
        await foreach (var keys in pages)
            yield return keys;
    }

    /// <summary>
    /// Carries every log from where the last sweep stood, each as <see cref="CarryAsync(string, CancellationToken)"/> does: what was carried since
    /// is carried once more, so that a message which was lost on the way costs a minute or two. To look at a key again is cheap, and many changes
    /// of one key are one look.
    /// </summary>
    public async Task<IReadOnlyList<IAsyncEnumerable<IReadOnlyList<KeyWork>>>> SweepAsync(CancellationToken cancellationToken)
    {
        var cursors = await _cursors.ListAsync(cancellationToken);
        var logs = new List<IAsyncEnumerable<IReadOnlyList<KeyWork>>>();
        foreach (var resource in controllers.Router.Resources.Where(OutboxRules.IsCarried))
        {
            var cursor = cursors.GetValueOrDefault(resource);
            var swept = cursor?.Swept ?? 0;
            if (await store.GetHeadAsync(new Partition(_cluster, resource), cancellationToken) > swept)
                logs.Add(CarryAsync(resource, cursor, swept, (at, carried) => at with { Position = Math.Max(at.Position, carried), Swept = Math.Max(at.Swept, carried) }, cancellationToken));
        }

        return logs;
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

    private async IAsyncEnumerable<IReadOnlyList<KeyWork>> CarryAsync(
        string resource, LogCursor? cursor, long after, Func<LogCursor, long, LogCursor> advance, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (await ReadPageAsync(resource, after, cancellationToken) is var (carried, keys))
        {
            yield return keys;
            cursor = await _cursors.AdvanceAsync(resource, cursor, at => advance(at, carried), cancellationToken);
            after = carried;
        }
    }

    /// <summary>Some changes after a revision: up to which, and the keys that they concern. Null when there are none.</summary>
    private async Task<(long Carried, IReadOnlyList<KeyWork> Keys)?> ReadPageAsync(string resource, long after, CancellationToken cancellationToken)
    {
        var log = new Partition(_cluster, resource);
        IReadOnlyList<Change> changes;
        try
        {
            changes = await store.ReadLogAsync(log, after, CarriedAtOnce, cancellationToken);
        }
        catch (RevisionExpiredException)
        {
            // Every object that exists may have changed. Which were deleted can't be known; those that depended on them belong to any resource.
            var head = await store.GetHeadAsync(log, cancellationToken);
            await bells.RingAsync(_cluster, await concerns.AllAsync(cancellationToken), resource, cancellationToken);
            await SeedAsync(cancellationToken);
            return (head, []);
        }

        if (changes.Count == 0)
            return null;
        FeedChange[] fed = [.. changes.Select(Fed)];
        // First of all: nodes are what somebody waits for.
        if (await concerns.OfAsync(resource, fed, cancellationToken) is { Count: > 0 } nodes)
            await bells.RingAsync(_cluster, nodes, resource, cancellationToken);
        return (changes[^1].Revision, await RouteAsync(resource, fed, cancellationToken));
    }

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

    private static FeedChange Fed(Change change) => new(change.Revision, change.Kind == ChangeKind.Deleted, change.Document, change.Previous);
}
