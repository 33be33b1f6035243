using CloudPlane.Client;
using CloudPlane.Cri;

namespace CloudPlane.Agent;

/// <summary>The composition root: makes the parts, and runs them together until told to stop.</summary>
internal sealed class NodeAgent : IAsyncDisposable
{
    private static readonly TimeSpan EventLinger = TimeSpan.FromMilliseconds(500);

    private readonly AgentOptions _options;
    private readonly TimeProvider _time;
    private readonly Random _random;
    private readonly AgentLog _log;
    private readonly NodeCredentials _credentials;
    private readonly HttpApiTransport _transport;
    private readonly ApiClient _api;
    private readonly CriRuntime _runtime;
    private readonly HttpProber _http = new();
    private readonly GrpcProber _grpc = new();

    public NodeAgent(AgentOptions options, TimeProvider time, Random random, AgentLog log)
    {
        (_options, _time, _random, _log) = (options, time, random, log);
        _credentials = new NodeCredentials(options, time, random, log);
        _transport = new HttpApiTransport(
            new HttpApiTransportOptions { Server = options.Server, CaFile = options.CaFile, BearerToken = _credentials.BearerAsync }, time);
        _api = new ApiClient(_transport);
        _runtime = new CriRuntime(options.ContainerdSocket, time, random);
    }

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(_options.DataDirectory);
        Directory.CreateDirectory(_options.PodLogDirectory);
        var facts = HostReader.Read(_options);
        _log.Info(
            $"node {_options.NodeName}: {facts.NodeIp}, {facts.MilliCpu}m cpu, {facts.MemoryBytes >> 20} MiB, containerd at {_options.ContainerdSocket}");
        await _credentials.JoinAsync(cancellationToken).ConfigureAwait(false);

        await Together.RunAsync(cancellationToken, _credentials.RenewAsync, async ct =>
        {
            var connection = await ConnectAsync(ct).ConfigureAwait(false);
            await RunNodeAsync(facts, connection, ct).ConfigureAwait(false);
        }).ConfigureAwait(false);
    }

    /// <summary>As the control plane wants it.</summary>
    private async Task<NodeConnection> ConnectAsync(CancellationToken cancellationToken)
    {
        var links = new LinkSource(_api, _options.NodeName, _credentials.Refused, _time, _random, _log);
        return await links.FirstAsync(cancellationToken).ConfigureAwait(false) is { } link
            ? new QueueConnection(_api, _options.NodeName, links, link, LookPeriods.Default(link.Heartbeat), _time, _random, _log)
            : new WatchConnection(_api, _options.NodeName, Tunnel, _time, _random, _log);
    }

    private LogTunnel Tunnel(ILogSource logs) => new(_transport.Http, _credentials.BearerAsync, _options.NodeName, logs, _time, _random);

    private async Task RunNodeAsync(NodeFacts facts, NodeConnection connection, CancellationToken cancellationToken)
    {
        var options = _options with { VolumeRefreshPeriod = connection.VolumeRefreshPeriod };
        var (nodes, services) = (connection.Nodes, connection.Services);
        var events = new NodeEvents(new EventRecorder(_api, "kubelet", _options.NodeName, _time), _options.NodeName, _time, EventLinger);
        var health = new RuntimeHealth(_runtime, _time);
        var shared = PodServicesFactory.Create(
            options, facts, _api, _runtime, new LinuxMounter(), health, () =>
                services.Objects.Values, events, new Prober(_runtime, _http, _grpc), _http, _time, _log);
        Node? Self() => nodes.Objects.TryGetValue(new ObjectName("", _options.NodeName), out var node) ? node : null;
        var manager = new PodManager(shared, connection.Pods, new PodAdmission(facts, Self));
        connection.RefreshVolumes = manager.RefreshVolumes;
        var reporter = new NodeReporter(_api, _runtime, health, facts, options, connection.ReportPeriod, events, _time, _log)
        {
            Refused = _credentials.Refused,
            Exists = () => !nodes.IsSynced || Self() is not null,
            Known = Self,
            OnRegistered = () =>
            {
                if (nodes.IsSynced && Self() is null) connection.Look(LookAt.Nodes);
            },
        };
        var lease = new LeaseKeeper(_api, _options.NodeName, connection.Heartbeat, _time, _random, _log)
        {
            Returned = () =>
            {
                reporter.ReportAnew();
                // Pods may have been marked, too, or bound elsewhere.
                connection.Look(LookAt.Everything);
            },
        };
        if (_options.ClusterDns is null)
            events.Node(EventTypes.Warning, "MissingClusterDNS",
                "kubelet does not have ClusterDNS IP configured and cannot create Pod using \"ClusterFirst\" policy. Falling back to \"Default\" policy.");
        health.Changed = () =>
        {
            reporter.Wake();
            manager.WakeAll();
        };
        var logs = new PodLogSource(() => manager.Actors);
        var network = NodeNetwork.Create(_options);

        await Together.RunAsync(cancellationToken,
            events.RunAsync,
            health.RunAsync,
            reporter.RunAsync,
            MemoryTrimmer.OfThisProcess(_time).RunAsync,
            lease.RunAsync,
            new NetworkKeeper(network, nodes, health, _time, _log).RunAsync,
            ct => connection.RunAsync(logs, ct),
            async ct =>
            {
                // Pods without the services' variables or the node's own labels would be wrong for good.
                await reporter.Registered.Task.WaitAsync(ct).ConfigureAwait(false);
                await SyncedAsync(nodes, services, ct).ConfigureAwait(false);
                await manager.RunAsync(ct).ConfigureAwait(false);
            },
            new LogRotator(_runtime, logs, _time).RunAsync).ConfigureAwait(false);
    }

    public ValueTask DisposeAsync()
    {
        _http.Dispose();
        _grpc.Dispose();
        _transport.Dispose();
        _runtime.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task SyncedAsync(IObjectCache<Node> nodes, IObjectCache<Service> services, CancellationToken cancellationToken)
    {
        while (!nodes.IsSynced || !services.IsSynced)
            await Task.Delay(TimeSpan.FromMilliseconds(20), _time, cancellationToken).ConfigureAwait(false);
    }
}
