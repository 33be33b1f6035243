using CloudPlane.Client;
using CloudPlane.Controllers;
using CloudPlane.Storage;

namespace CloudPlane.Functions;

/// <summary>One cluster's reconcilers in this process, and the carrying of its logs to them.</summary>
internal sealed class ClusterWork(
    string cluster, IStateStore store, ControllerSet controllers, IChangeFeed feed, NodeConcerns concerns, IWorkQueue queue, INodeBells bells,
    TimeProvider time)
{
    // How many changes are routed before their messages are sent and the position is moved.
    private const int CarriedAtOnce = 500;

    private readonly LogCursors _cursors = new(store, cluster);
    private readonly History _history = new(store, cluster, time);
    private readonly Dictionary<string, ControllerRegistration> _registrations =
        controllers.Registrations.ToDictionary(registration => registration.Reconciler.Name);

    /// <summary>The controller of that name, or null.</summary>
    public ControllerRegistration? Registration(string controller) => _registrations.GetValueOrDefault(controller);

    /// <summary>Carries a resource's changes since its position: each becomes messages for the keys that it concerns, and bells of nodes.</summary>
    public async Task CarryAsync(string resource, CancellationToken cancellationToken)
    {
        if (!controllers.Router.Resources.Contains(resource) || !OutboxRules.IsCarried(resource))
            return;
        while (true)
        {
            var cursor = await _cursors.FindAsync(resource, cancellationToken);
            IReadOnlyList<Change> changes;
            try
            {
                changes = await store.ReadLogAsync(new Partition(cluster, resource), cursor?.Position ?? 0, CarriedAtOnce, cancellationToken);
            }
            catch (RevisionExpiredException)
            {
                await ResyncAsync(resource, cursor, cancellationToken);
                return;
            }

            if (changes.Count == 0)
                return;
            await RouteAsync(resource, [.. changes.Select(Fed)], cancellationToken);
            await _cursors.AdvanceAsync(resource, cursor, changes[^1].Revision, cancellationToken);
            if (changes.Count < CarriedAtOnce)
                return;
        }
    }

    /// <summary>Carries every log that has grown past its position.</summary>
    public async Task SweepAsync(CancellationToken cancellationToken)
    {
        var positions = await _cursors.ListAsync(cancellationToken);
        foreach (var resource in controllers.Router.Resources.Where(OutboxRules.IsCarried))
        {
            if (await store.GetHeadAsync(new Partition(cluster, resource), cancellationToken) > positions.GetValueOrDefault(resource))
                await CarryAsync(resource, cancellationToken);
        }
    }

    /// <summary>Wakes every controller for every object, as a start does: those that look by the clock may have lost their message.</summary>
    public async Task SeedAsync(CancellationToken cancellationToken)
    {
        foreach (var resource in controllers.Router.Resources.Where(OutboxRules.IsCarried))
        {
            var snapshot = await feed.ListAsync(resource, cancellationToken);
            await RouteAsync(resource, [.. snapshot.Objects.Select(document => new FeedChange(snapshot.Revision, false, document, default))], cancellationToken);
        }

        await queue.SendAsync([KeyWork.EventExpiry(cluster)], cancellationToken);
    }

    /// <summary>Forgets history that no watch may resume from any more.</summary>
    public Task CompactAsync(CancellationToken cancellationToken) =>
        _history.CompactAsync([.. controllers.Router.Resources, LogCursors.Resource, History.Resource], cancellationToken);

    /// <summary>The log no longer reaches back to the position: every object that exists may have changed, and any may have gone.</summary>
    private async Task ResyncAsync(string resource, LogCursor? cursor, CancellationToken cancellationToken)
    {
        var revision = await store.GetHeadAsync(new Partition(cluster, resource), cancellationToken);
        // Which objects were deleted meanwhile can't be known; those that depended on them belong to any resource.
        await SeedAsync(cancellationToken);
        await _cursors.AdvanceAsync(resource, cursor, revision, cancellationToken);
    }

    private async Task RouteAsync(string resource, IReadOnlyList<FeedChange> changes, CancellationToken cancellationToken)
    {
        var messages = new HashSet<WorkMessage>();
        foreach (var change in changes)
        {
            foreach (var message in await controllers.Router.RouteAsync(resource, change, cancellationToken))
                messages.Add(new KeyWork(cluster, message.Controller, message.Key.Namespace, message.Key.Name));
        }

        // Before the messages: nodes are what somebody waits for.
        if (await concerns.OfAsync(resource, changes, cancellationToken) is { Count: > 0 } nodes)
            await bells.RingAsync(cluster, nodes, resource, cancellationToken);
        if (messages.Count > 0)
            await queue.SendAsync([.. messages], cancellationToken);
    }

    private static FeedChange Fed(Change change) => new(change.Revision, change.Kind == ChangeKind.Deleted, change.Document, change.Previous);
}
