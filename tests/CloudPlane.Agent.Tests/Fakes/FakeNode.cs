using System.Text.Json.Nodes;
using CloudPlane.Client;

namespace CloudPlane.Agent.Tests;

/// <summary>A node with its pod manager over a fake API, a fake runtime and a clock of the test's.</summary>
internal sealed class FakeNode : IAsyncDisposable
{
    public const string Pods = "/api/v1/namespaces/default/pods";
    private Task _running = Task.CompletedTask;

    private readonly TimeSpan _volumeRefreshPeriod;

    public FakeNode(FakeApi? api = null, FakeRuntime? runtime = null, ManualTime? time = null, string? directory = null, TimeSpan? volumeRefreshPeriod = null)
    {
        _volumeRefreshPeriod = volumeRefreshPeriod ?? TimeSpan.FromSeconds(60);
        Time = time ?? new ManualTime();
        Api = api ?? new FakeApi();
        Runtime = runtime ?? new FakeRuntime(Time);
        Directory = directory ?? System.IO.Directory.CreateTempSubdirectory("agent-test-").FullName;
        Start();
    }

    public ManualTime Time { get; }
    public FakeApi Api { get; }
    public FakeRuntime Runtime { get; }
    public FakeMounter Mounter { get; } = new();
    public string Directory { get; }
    public string CgroupRoot => Path.Combine(Directory, "cgroups");
    public PodManager Manager { get; private set; } = null!;
    public Dictionary<string, Func<ProbeOutcome>> Probes { get; } = [];

    public static NodeFacts Facts { get; } = new()
    {
        NodeIp = "192.0.2.10",
        Hostname = "n1",
        Architecture = "amd64",
        KernelVersion = "6",
        OsImage = "Test",
        MachineId = "m",
        SystemUuid = "s",
        BootId = "b",
        MilliCpu = 4000,
        MemoryBytes = 8L << 30,
        StorageBytes = 100L << 30,
        MaxPods = 110,
    };

    public void Add(string name, string spec, string uid = "") => Api.Put(Pods, $$$$"""
        {"apiVersion":"v1","kind":"Pod","metadata":{"name":"{{{{name}}}}","namespace":"default","uid":"{{{{(uid.Length > 0 ? uid : $"uid-{name}")}}}}","labels":{"app":"{{{{name}}}}"}},
         "spec":{"nodeName":"n1",{{{{(spec.Contains("\"restartPolicy\":\"Never\"") ? "" : "\"restartPolicy\":\"Always\",")}}}}"terminationGracePeriodSeconds":30,{{{{spec}}}}},"status":{"phase":"Pending","qosClass":"BestEffort"}}
        """);

    public JsonObject? Pod(string name) => Api.Get($"{Pods}/{name}");

    public JsonNode? Status(string name) => Pod(name)?["status"];

    public JsonNode? ContainerStatus(string pod, string container = "c") =>
        (Status(pod)?["containerStatuses"] as JsonArray)?.FirstOrDefault(s => (string?)s?["name"] == container);

    public string? Phase(string name) => (string?)Status(name)?["phase"];

    public string? Waiting(string pod, string container = "c") => (string?)ContainerStatus(pod, container)?["state"]?["waiting"]?["reason"];

    public string? Condition(string pod, string type) =>
        (string?)(Status(pod)?["conditions"] as JsonArray)?.FirstOrDefault(c => (string?)c?["type"] == type)?["status"];

    public bool HasEvent(string reason, string? message = null) =>
        Api.List("/api/v1/namespaces/default/events/")
            .Any(e => (string?)e["reason"] == reason && (message is null || ((string?)e["message"])!.Contains(message)));

    /// <summary>Waits in real time for something that follows without the clock.</summary>
    public async Task Until(Func<bool> holds, string what)
    {
        for (var i = 0; i < 3000; i++)
        {
            if (holds()) return;
            await Task.Delay(i < 50 ? 2 : 10);
        }
        throw new TimeoutException(
            $"{what}\ncalls: {string.Join(", ", Runtime.Calls)}\npods: {string.Join('\n', Api.List(Pods).Select(p => p["status"]?.ToJsonString()))}");
    }

    /// <summary>Moves the clock in steps until it holds.</summary>
    public async Task After(TimeSpan step, Func<bool> holds, string what, int steps = 200)
    {
        for (var i = 0; i < steps; i++)
        {
            if (holds()) return;
            Time.Advance(step);
            await Task.Delay(5);
        }
        await Until(holds, what);
    }

    /// <summary>The agent dies and comes back; the runtime goes on.</summary>
    public async Task RestartAsync()
    {
        await StopAsync();
        Start();
    }

    public async Task StopAsync()
    {
        await _agent.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        // What the agent had begun, it finishes: a pod's files may be going away just now.
        for (var attempt = 0; System.IO.Directory.Exists(Directory); attempt++)
        {
            try
            {
                System.IO.Directory.Delete(Directory, recursive: true);
            }
            catch (IOException) when (attempt < 1000)
            {
                await Task.Delay(10);
            }
        }
    }

    private CancellationTokenSource _agent = new();

    private void Start()
    {
        _agent = new CancellationTokenSource();
        var options = new AgentOptions
        {
            Server = new Uri("https://api.test"),
            NodeName = "n1",
            DataDirectory = Directory,
            ContainerdSocket = "/none",
            CniConfDirectory = Path.Combine(Directory, "cni"),
            PodLogDirectory = Path.Combine(Directory, "logs"),
            CgroupRoot = CgroupRoot,
            VolumeRefreshPeriod = _volumeRefreshPeriod,
        };
        var client = new ApiClient(Api);
        var log = new AgentLog(TextWriter.Null, Time, false);
        var events = new NodeEvents(new EventRecorder(client, "kubelet", "n1", Time), "n1", Time);
        var health = new RuntimeHealth(Runtime, Time);
        var http = new HttpProber();
        var services = PodServicesFactory.Create(options, Facts, client, Runtime, Mounter, health, () =>
            [], events, new ScriptedProber(this), http, Time, log);
        var pods = new WatchCache<Pod>(client, new WatchCacheOptions { FieldSelector = "spec.nodeName=n1" }, Time, new Random(1));
        Manager = new PodManager(services, pods, new PodAdmission(Facts, () => null));
        _running = RunAsync(events, health, _agent.Token);
    }

    private async Task RunAsync(NodeEvents events, RuntimeHealth health, CancellationToken cancellationToken)
    {
        await health.CheckAsync(cancellationToken);
        await Task.WhenAll(events.RunAsync(cancellationToken), Manager.RunAsync(cancellationToken));
    }

    private sealed class ScriptedProber(FakeNode node) : IProber
    {
        public Task<ProbeOutcome> ProbeAsync(ProbeTarget target, Probe probe, CancellationToken cancellationToken) =>
            Task.FromResult(node.Probes.TryGetValue(probe.Exec?.Command?[0] ?? "", out var outcome) ? outcome() : ProbeOutcome.Ok());
    }
}
