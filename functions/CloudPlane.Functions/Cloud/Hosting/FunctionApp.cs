using System.Diagnostics.Metrics;
using CloudPlane.Api;
using CloudPlane.Schema;
using CloudPlane.Storage;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace CloudPlane.Functions;

/// <summary>
/// The composition root of the cloud form, over a store and a bus: everything that one instance serves. Nothing is made before the first
/// request that needs it, as an instance lives for one kind of trigger and starts while somebody waits.
/// </summary>
internal sealed class FunctionApp : IAsyncDisposable
{
    /// <summary>The meter of all that this process counts.</summary>
    public const string MeterName = "CloudPlane";

    // Nine tenths of the 230 s after which the platform's front end may cut a response (azure.md, C2).
    private static readonly TimeSpan MaxStreamLifetime = TimeSpan.FromSeconds(207);

    // Below 30 s: the silence that proxies between us and clients are known to bear.
    private static readonly TimeSpan StreamSign = TimeSpan.FromSeconds(25);

    private readonly Outbox _outbox;
    private readonly Meter _meter = new(MeterName);
    private readonly TriggerEndpoints _triggers;
    private readonly ClusterAdministration _administration;

    /// <param name="state">The deployment's tables; disposed by the caller.</param>
    /// <param name="tables">Where clusters are made; the same tables.</param>
    /// <param name="bus">Disposed by the caller.</param>
    /// <param name="sendMetrics">Sends what <see cref="MeterName"/> counts until its answer is disposed; null where nobody collects it.</param>
    public FunctionApp(
        HandlerSettings settings, IStateStore state, IClusterTables tables, ServiceBusClient bus, TimeProvider time, ILoggerFactory loggers,
        Func<IDisposable>? sendMetrics = null)
    {
        var logger = loggers.CreateLogger("CloudPlane");
        var queue = new ServiceBusWorkQueue(bus, time);
        _outbox = new Outbox(queue, time, logger);
        Clusters = new ClusterRegistry(state, settings.Secret, time);
        var options = new ApiServerOptions { MaxStreamLifetime = MaxStreamLifetime, WatchKeepAlive = StreamSign, BookmarkInterval = StreamSign };
        Api = new ApiServer(
            options, new OutboxStore(state, _outbox, settings.Heartbeat), Catalog.LoadBuiltIn(), Clusters, time, Random.Shared,
            loggers.CreateLogger("CloudPlane.Api"), new QueueLinks(bus, Clusters, settings.Secret, settings.Heartbeat, time),
            new QueueStreams(bus, options.StreamTimeout, MaxStreamLifetime, time));
        var works = new ClusterWorkFactory(settings, state, Api, queue, new NodeBells(bus, logger), time, Random.Shared);
        var work = new WorkFunction(new ClusterWorks(works.Make), queue, time, Random.Shared, logger);
        var deadLetters = new DeadLetters(bus, queue, cluster => works.ClientOf(cluster, "system:kube-controller-manager"), _meter, sendMetrics, time, logger);
        _administration = new ClusterAdministration(Clusters, tables, settings.Secret, settings.PublicUrl, time);
        _triggers = new TriggerEndpoints(work, new SeedFunction(Clusters, queue, deadLetters.TakeAsync, time), logger);
    }

    /// <summary>The clusters served.</summary>
    public ClusterRegistry Clusters { get; }

    /// <summary>The API of all of them.</summary>
    public ApiServer Api { get; }

    /// <summary>Serves whatever the Functions host sends: a trigger's envelope, or a request of a client.</summary>
    public async Task HandleAsync(HttpContext context)
    {
        if (!await _triggers.ServeAsync(context) && !await _administration.ServeAsync(context))
            await Api.HandleAsync(context);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Api.DisposeAsync();
        await _outbox.DisposeAsync();
        _meter.Dispose();
    }
}
