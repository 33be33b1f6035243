using System.Net;
using System.Text;
using CloudPlane.Client;

namespace CloudPlane.Cloud.Tests;

/// <summary>
/// Nodes that do with pods what agents do, over HTTP with the administrator's token: they start what is bound to them, stop what is to go,
/// renew Leases, and go on whatever the control plane answers. They look when one of them is rung in its queue, when something did not work, and
/// otherwise seldom. What runs is their own memory, as containers are: nobody can take it back.
/// </summary>
internal sealed class SimulatedNodes : IAsyncDisposable
{
    private const int PodsPerNode = 100;
    private const int AtOnce = 8;

    // Agents in the cloud look every four hours by themselves: long enough for bells to count, short enough for those that a fault loses.
    private static readonly TimeSpan SlowLook = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
    private const int PollSeconds = 30;
    private static readonly TimeSpan Heartbeat = TimeSpan.FromMinutes(1);

    private readonly ApiClient _client;
    private readonly IReadOnlyList<string> _names;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private readonly Dictionary<string, (string Name, string Node)> _running = [];
    private readonly HashSet<string> _started = [];
    private readonly List<string> _violations = [];
    private readonly HttpClient _bus = new() { Timeout = TimeSpan.FromMinutes(2) };
    private readonly SemaphoreSlim _rung = new(0);
    private Task _loop = Task.CompletedTask;

    private SimulatedNodes(ApiClient client, int count) =>
        (_client, _names) = (client, [.. Enumerable.Range(1, count).Select(i => $"node-{i}")]);

    /// <summary>What must never happen and did.</summary>
    public IReadOnlyList<string> Violations
    {
        get
        {
            lock (_gate)
                return [.. _violations];
        }
    }

    /// <summary>Pods started so far.</summary>
    public int Started
    {
        get
        {
            lock (_gate)
                return _started.Count;
        }
    }

    /// <summary>The uids of the pods that run now.</summary>
    public IReadOnlySet<string> Running
    {
        get
        {
            lock (_gate)
                return _running.Keys.ToHashSet();
        }
    }

    /// <summary>Joins as many nodes as hold the pods easily, and lets them run until disposed.</summary>
    public static async Task<SimulatedNodes> JoinAsync(CloudDeployment cloud, ApiClient client, int pods)
    {
        var nodes = new SimulatedNodes(client, 2 + (pods / (PodsPerNode / 2)));
        var listening = new List<Task>();
        foreach (var name in nodes._names)
        {
            var (queue, token) = await cloud.LinkAsync("default", name);
            await nodes.JoinAsync(name);
            listening.Add(nodes.ListenAsync(queue, token));
        }

        nodes._loop = Task.WhenAll([.. listening, nodes.RunAsync()]);
        return nodes;
    }

    public async ValueTask DisposeAsync()
    {
        if (_stop.IsCancellationRequested)
            return;
        await _stop.CancelAsync();
        await _loop;
        _bus.Dispose();
    }

    private async Task JoinAsync(string name)
    {
        await CreateAsync("/api/v1/nodes", $$"""
            {"apiVersion":"v1","kind":"Node","metadata":{"name":"{{name}}","labels":{"kubernetes.io/hostname":"{{name}}"} },
             "status":{"capacity":{"cpu":"64","memory":"256Gi","pods":"{{PodsPerNode}}"},"allocatable":{"cpu":"64","memory":"256Gi","pods":"{{PodsPerNode}}"},
              "conditions":[{"type":"Ready","status":"True","reason":"KubeletReady"}]} }
            """);
        await CreateAsync("/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases", $$"""
            {"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"name":"{{name}}","namespace":"kube-node-lease"},
             "spec":{"holderIdentity":"{{name}}","leaseDurationSeconds":240,"renewTime":"{{Now()}}"} }
            """);
    }

    private Task CreateAsync(string path, string manifest) => Retry.UntilDoneAsync(async () =>
    {
        try
        {
            await _client.PostAsync(path, Encoding.UTF8.GetBytes(manifest), default);
        }
        catch (ApiException e) when (e.IsAlreadyExists)
        {
            // Made by a try whose answer was lost.
        }
    });

    private async Task RunAsync()
    {
        var renewed = DateTimeOffset.UtcNow;
        while (!_stop.IsCancellationRequested)
        {
            await TolerateAsync(async () =>
            {
                if (DateTimeOffset.UtcNow - renewed > Heartbeat)
                {
                    await RenewAsync();
                    renewed = DateTimeOffset.UtcNow;
                }

                var pods = await _client.ListAsync<Pod>(null, null, _stop.Token);
                Observe(pods.Items);
                await Parallel.ForEachAsync(pods.Items, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (pod, _) => await TolerateAsync(() => TendAsync(pod)));
            });
            await Task.Delay(Pause, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await ((Task)_rung.WaitAsync(SlowLook, _stop.Token)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            // All that have rung meanwhile are one look.
            while (_rung.Wait(0))
            {
            }
        }
    }

    /// <summary>Waits at a node's queue.</summary>
    private async Task ListenAsync(string queue, string token)
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                using var request = new HttpRequestMessage(HttpMethod.Delete, $"{queue}/messages/head?timeout={PollSeconds}");
                request.Headers.TryAddWithoutValidation("Authorization", token);
                using var response = await _bus.SendAsync(request, _stop.Token);
                if (response.StatusCode == HttpStatusCode.NoContent)
                    continue;
                response.EnsureSuccessStatusCode();
            }
            catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
            {
                // Nobody hears while the bus is away.
                await Task.Delay(Pause, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            _rung.Release();
        }
    }

    private async Task RenewAsync()
    {
        foreach (var name in _names)
            await _client.PatchAsync<Lease>("kube-node-lease", name, PatchKind.Merge, Encoding.UTF8.GetBytes($$"""{"spec":{"renewTime":"{{Now()}}"} }"""), null, _stop.Token);
    }

    /// <summary>Containers of pods that are gone from the API stop, as an agent would stop them.</summary>
    private void Observe(IReadOnlyList<Pod> pods)
    {
        var uids = pods.Select(pod => pod.Metadata.Uid!).ToHashSet();
        lock (_gate)
        {
            foreach (var gone in _running.Keys.Where(uid => !uids.Contains(uid)).ToList())
                _running.Remove(gone);
        }
    }

    private async Task TendAsync(Pod pod)
    {
        if (pod.Spec?.NodeName is not { Length: > 0 } node)
            return;
        var (ns, name) = (pod.Metadata.Namespace!, pod.Metadata.Name!);
        if (pod.Metadata.DeletionTimestamp is not null)
        {
            Stop(pod);
            var exactly = new DeleteOptions { GracePeriodSeconds = 0, Preconditions = new Preconditions { Uid = pod.Metadata.Uid } };
            await _client.DeleteAsync<Pod>(ns, name, exactly, _stop.Token);
            return;
        }

        Start(pod, node);
        if (pod.Status?.Phase == "Running")
            return;
        await _client.UpdateStatusAsync(
            pod with
            {
                Status = (pod.Status ?? new PodStatus()) with
                {
                    Phase = "Running",
                    PodIP = "10.244.0.9",
                    Conditions = [.. (pod.Status?.Conditions ?? []).Where(c => c.Type != "Ready"), new PodCondition { Type = "Ready", Status = "True", LastTransitionTime = DateTimeOffset.UtcNow }],
                },
            },
            _stop.Token);
    }

    private void Start(Pod pod, string node)
    {
        var (uid, name) = (pod.Metadata.Uid!, $"{pod.Metadata.Namespace}/{pod.Metadata.Name}");
        lock (_gate)
        {
            if (_running.TryGetValue(uid, out var at))
            {
                if (at.Node != node)
                    _violations.Add($"{name} ran on {at.Node} and was bound to {node} as well");
                return;
            }

            if (_running.Values.Any(other => other.Name == name))
                _violations.Add($"{name} runs twice");
            if (!_started.Add(uid))
                _violations.Add($"{name} was started on {node} after it had been stopped");
            _running[uid] = (name, node);
        }
    }

    private void Stop(Pod pod)
    {
        lock (_gate)
            _running.Remove(pod.Metadata.Uid!);
    }

    /// <summary>Whatever is refused, lost or too late comes again with the next look, which is soon.</summary>
    private async Task TolerateAsync(Func<Task> act)
    {
        try
        {
            await act();
        }
        catch (Exception e) when (e is ApiException or ApiUnreachableException or OperationCanceledException)
        {
            _rung.Release();
        }
    }

    private static string Now() => DateTimeOffset.UtcNow.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", System.Globalization.CultureInfo.InvariantCulture);
}
