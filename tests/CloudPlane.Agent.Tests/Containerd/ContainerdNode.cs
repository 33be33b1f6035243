using System.Diagnostics;
using System.Net;
using System.Text.Json.Nodes;
using CloudPlane.Client;
using CloudPlane.Cri;
using CloudPlane.EndToEnd.Tests;
using CloudPlane.Network;

namespace CloudPlane.Agent.Tests;

/// <summary>An agent's pods on a real containerd with a real pod network, under a fake API. One for all tests of a class.</summary>
public sealed class ContainerdNode : IAsyncLifetime
{
    public const string Pods = "/api/v1/namespaces/default/pods";
    private const string NodeName = "n1";
    private readonly string _root = $"/tmp/agent-it-{Environment.ProcessId}";
    private CancellationTokenSource _agent = new();
    private Task _running = Task.CompletedTask;
    private readonly StringWriter _log = new();
    private CriRuntime _runtime = null!;
    private IPodNetwork _network = null!;
    private PodManager _manager = null!;

    internal ContainerdInstance Containerd { get; private set; } = null!;
    internal FakeApi Api { get; } = new();
    internal ICriRuntime Runtime => _runtime;
    internal string Data => $"{_root}-data";

    public async Task InitializeAsync()
    {
        Containerd = await ContainerdInstance.StartAsync(_root);
        _runtime = new CriRuntime(Containerd.Socket, TimeProvider.System, new Random(1));
        _network = new PodNetwork(new NetworkOptions
        {
            NodeName = $"agt{Environment.ProcessId}",
            CniConfDirectory = Containerd.CniConfDirectory,
            CniDataDirectory = Path.Combine(_root, "cni/data"),
            ClusterCidr = IPNetwork.Parse("10.217.0.0/16"),
            Bridge = "agt0",
            VxlanDevice = "agt-vx",
        }, new CommandRunner());
        await _network.ReconcileAsync(
            [new Node { Metadata = new ObjectMeta { Name = $"agt{Environment.ProcessId}" },
            Spec = new NodeSpec { PodCIDR = "10.217.31.0/24" },
            Status = new Client.NodeStatus { Addresses = [new NodeAddress { Type = "InternalIP", Address = "127.0.0.1" }] } }],
            default);
        StartAgent();
    }

    public async Task DisposeAsync()
    {
        foreach (var pod in Api.List(Pods)) Api.Delete($"{Pods}/{(string)pod["metadata"]!["name"]!}", 0);
        await Until(() => Api.List(Pods).Count == 0 && !_manager.Actors.Any(), "all pods are gone");
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(Data, "pods")));
        await StopAgentAsync();
        await _network.CleanupAsync(default);
        await Containerd.DisposeAsync();
        _runtime.Dispose();
        Directory.Delete(Data, recursive: true);
        Assert.DoesNotContain(_root, await File.ReadAllTextAsync("/proc/mounts"));
    }

    internal void StartAgent()
    {
        Directory.CreateDirectory(Path.Combine(Data, "pods"));
        _agent = new CancellationTokenSource();
        var time = TimeProvider.System;
        var options = new AgentOptions
        {
            Server = new Uri("https://api.test"),
            NodeName = NodeName,
            DataDirectory = Data,
            ContainerdSocket = Containerd.Socket,
            CniConfDirectory = Containerd.CniConfDirectory,
            PodLogDirectory = Path.Combine(Data, "logs"),
        };
        var client = new ApiClient(Api);
        var events = new NodeEvents(new EventRecorder(client, "kubelet", NodeName, time), NodeName, time);
        var health = new RuntimeHealth(_runtime, time);
        var http = new HttpProber();
        var services = PodServicesFactory.Create(
            options, FakeNode.Facts, client, _runtime, new LinuxMounter(), health, () =>
                [], events, new Prober(_runtime, http, new GrpcProber()), http, time, new AgentLog(TextWriter.Synchronized(_log), time, true));
        var pods = new WatchCache<Pod>(client, new WatchCacheOptions { FieldSelector = $"spec.nodeName={NodeName}" }, time, new Random(1));
        var manager = _manager = new PodManager(services, pods, new PodAdmission(FakeNode.Facts, () => null));
        health.Changed = manager.WakeAll;
        _running = Task.WhenAll(events.RunAsync(_agent.Token), health.RunAsync(_agent.Token), manager.RunAsync(_agent.Token));
    }

    internal async Task StopAgentAsync()
    {
        await _agent.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    internal void Add(string name, string spec) => Api.Put(Pods, $$$$"""
        {"apiVersion":"v1","kind":"Pod","metadata":{"name":"{{{{name}}}}","namespace":"default","uid":"{{{{Guid.NewGuid()}}}}","labels":{"app":"{{{{name}}}}"}},
         "spec":{"nodeName":"n1","terminationGracePeriodSeconds":2,{{{{spec}}}}},"status":{"phase":"Pending"}}
        """);

    internal JsonNode? Status(string name) => Api.Get($"{Pods}/{name}")?["status"];

    internal JsonNode? Container(string name) => Status(name)?["containerStatuses"]?[0];

    internal string? Phase(string name) => (string?)Status(name)?["phase"];

    internal bool Ready(string name) =>
        Status(name)?["conditions"]?.AsArray().Any(c => (string?)c!["type"] == "Ready" && (string?)c["status"] == "True") == true;

    internal async Task Until(Func<bool> holds, string what)
    {
        for (var watch = Stopwatch.StartNew(); !holds(); await Task.Delay(10))
            if (watch.Elapsed > TimeSpan.FromSeconds(60)) throw new TimeoutException($"{what}\n{await DescribeAsync()}");
    }

    /// <summary>What API, containerd and agent say, for a failure's message.</summary>
    private async Task<string> DescribeAsync()
    {
        var containers = await _runtime.ListContainersAsync(new Cri.V1.ListContainersRequest(), default);
        return $"""
            pods: {string.Join("\n  ", Api.List(Pods).Select(p => p["metadata"]!["name"] + " " + p["status"]!.ToJsonString()))}
            events: {string.Join("\n  ", Api.List("/api/v1/namespaces/default/events/").Select(e => $"{e["reason"]}: {e["message"]}"))}
            containers: {string.Join("\n  ", containers.Containers.Select(c => $"{c.Labels[RuntimeLabels.PodName]}/{c.Metadata.Name} {c.State}"))}
            tasks: {await Containerd.CtrAsync("task", "ls")}
            log: {_log}
            """;
    }
}
