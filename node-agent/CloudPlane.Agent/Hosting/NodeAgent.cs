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

        var events = new NodeEvents(new EventRecorder(_api, "kubelet", _options.NodeName, _time), _options.NodeName, _time, EventLinger);
        var health = new RuntimeHealth(_runtime, _time);
        var nodes = Cache<Node>(null);
        var services = Cache<Service>(null);
        var pods = Cache<Pod>($"spec.nodeName={_options.NodeName}");
        var shared = PodServicesFactory.Create(
            _options, facts, _api, _runtime, new LinuxMounter(), health, () =>
                services.Objects.Values, events, new Prober(_runtime, _http, _grpc), _http, _time, _log);
        Node? Self() => nodes.Objects.TryGetValue(new ObjectName("", _options.NodeName), out var node) ? node : null;
        var manager = new PodManager(shared, pods, new PodAdmission(facts, Self));
        var reporter = new NodeReporter(_api, _runtime, health, facts, _options, events, _time, _log);
        reporter.Refused = _credentials.Refused;
        reporter.Exists = () => !nodes.IsSynced || Self() is not null;
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

        await TogetherAsync(cancellationToken,
            events.RunAsync,
            health.RunAsync,
            reporter.RunAsync,
            _credentials.RenewAsync,
            MemoryTrimmer.OfThisProcess(_time).RunAsync,
            new LeaseKeeper(_api, _options.NodeName, _time, _log).RunAsync,
            new NetworkKeeper(network, nodes, health, _time, _log).RunAsync,
            ct => DrainAsync(services, ct),
            async ct =>
            {
                // Pods without the services' variables or the node's own labels would be wrong for good.
                await reporter.Registered.Task.WaitAsync(ct).ConfigureAwait(false);
                await SyncedAsync(nodes, services, ct).ConfigureAwait(false);
                await manager.RunAsync(ct).ConfigureAwait(false);
            },
            new LogTunnel(_transport.Http, _credentials.BearerAsync, _options.NodeName, logs, _time, _random).RunAsync,
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

    private WatchCache<T> Cache<T>(string? fieldSelector) where T : class, IKubernetesObject<T> => new(_api, new WatchCacheOptions
    {
        FieldSelector = fieldSelector,
        MostDelay = TimeSpan.FromSeconds(5),
        OnFailure = e => _log.Debug($"watching {T.Resource.Plural}: {e.Message}"),
    }, _time, _random);

    private static async Task DrainAsync<T>(WatchCache<T> cache, CancellationToken cancellationToken) where T : class, IKubernetesObject<T>
    {
        await foreach (var _ in cache.RunAsync(cancellationToken).ConfigureAwait(false))
        {
        }
    }

    private async Task SyncedAsync(WatchCache<Node> nodes, WatchCache<Service> services, CancellationToken cancellationToken)
    {
        while (!nodes.IsSynced || !services.IsSynced)
            await Task.Delay(TimeSpan.FromMilliseconds(20), _time, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Runs all; the first that ends, ends the others, and its failure is the result.</summary>
    private static async Task TogetherAsync(CancellationToken cancellationToken, params Func<CancellationToken, Task>[] parts)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var running = parts.Select(p => p(stop.Token)).ToArray();
        var first = await Task.WhenAny(running).ConfigureAwait(false);
        await stop.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await first.ConfigureAwait(false);
    }
}
