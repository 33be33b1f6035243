using System.Diagnostics.Metrics;
using CloudPlane.Api;
using CloudPlane.Client;
using CloudPlane.Controllers;
using CloudPlane.Scheduling;
using CloudPlane.Schema;
using CloudPlane.Storage;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace CloudPlane.Functions;

/// <summary>
/// The composition root of the cloud form, over a store and a bus: everything that one instance serves. Nothing is made before the first
/// request that needs it, as an instance lives for one kind of trigger and starts while somebody waits.
/// </summary>
internal sealed class Deployment : IAsyncDisposable
{
    // Nine tenths of the 230 s after which the platform's front end may cut a response (azure.md, C2).
    private static readonly TimeSpan MaxStreamLifetime = TimeSpan.FromSeconds(207);

    // Below 30 s: the silence that proxies between us and clients are known to bear.
    private static readonly TimeSpan StreamSign = TimeSpan.FromSeconds(25);

    private readonly HandlerSettings _settings;
    private readonly IStateStore _state;
    private readonly TimeProvider _time;
    private readonly IWorkQueue _queue;
    private readonly INodeBells _bells;
    private readonly Outbox _outbox;
    private readonly OutboxStore _store;
    private readonly Meter _meter = new("CloudPlane");
    private readonly TriggerEndpoints _triggers;

    /// <param name="state">The deployment's tables; disposed by the caller.</param>
    /// <param name="bus">Disposed by the caller.</param>
    public Deployment(HandlerSettings settings, IStateStore state, ServiceBusClient bus, TimeProvider time, ILoggerFactory loggers)
    {
        (_settings, _state, _time) = (settings, state, time);
        var logger = loggers.CreateLogger("CloudPlane");
        _queue = new ServiceBusWorkQueue(bus);
        _outbox = new Outbox(_queue, time, logger);
        _store = new OutboxStore(state, _outbox, settings.Heartbeat);
        _bells = new NodeBells(bus, logger);
        Clusters = new ClusterRegistry(state, settings.Secret, time);
        var options = new ApiServerOptions { MaxStreamLifetime = MaxStreamLifetime, WatchKeepAlive = StreamSign, BookmarkInterval = StreamSign };
        Api = new ApiServer(
            options, _store, Catalog.LoadBuiltIn(), Clusters, time, Random.Shared, loggers.CreateLogger("CloudPlane.Api"),
            new QueueLinks(bus, Clusters, settings.Secret, settings.Heartbeat, time), new QueueStreams(bus, options.StreamTimeout, MaxStreamLifetime, time));
        var work = new WorkFunction(new ClusterWorks(Clusters, MakeWork), _queue, time, Random.Shared, logger);
        var deadLetters = new DeadLetters(bus, _queue, Clusters, name => ClientOf(name, "system:kube-controller-manager"), _meter, time, logger);
        _triggers = new TriggerEndpoints(work, new SeedFunction(Clusters, _queue, deadLetters, time), logger);
    }

    /// <summary>The clusters served.</summary>
    public ClusterRegistry Clusters { get; }

    /// <summary>The API of all of them.</summary>
    public ApiServer Api { get; }

    /// <summary>Serves whatever the Functions host sends: a trigger's envelope, or a request of a client.</summary>
    public async Task HandleAsync(HttpContext context)
    {
        if (!await _triggers.ServeAsync(context))
            await Api.HandleAsync(context);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Api.DisposeAsync();
        await _outbox.DisposeAsync();
        _meter.Dispose();
    }

    private ClusterWork MakeWork(string cluster)
    {
        var feed = new StoreChangeFeed(_state, cluster);
        var replicas = new Replicas(feed);
        var options = new ControllerOptions
        {
            Cluster = cluster,
            NodeMonitorGracePeriod = _settings.NodeGrace,
            NodeStartupGracePeriod = _settings.NodeGrace,
            // No process lives long enough to remember when it first missed a node.
            MissingNodeQuarantine = TimeSpan.Zero,
            GraceFromStart = false,
        };
        var scheduler = new Scheduler(replicas, ClientOf(cluster, "system:kube-scheduler"), _time, Random.Shared);
        var controllers = new ControllerSet(
            ClientOf(cluster, "system:kube-controller-manager"), replicas, feed, _time, Random.Shared, options, [SchedulerRegistration.Of(scheduler)]);
        return new ClusterWork(cluster, _state, controllers, feed, new NodeConcerns(replicas), _queue, _bells, _time);
    }

    private ApiClient ClientOf(string cluster, string user) => new(new InProcessTransport(Api, cluster, ApiUser.ControlPlane(user)));
}
