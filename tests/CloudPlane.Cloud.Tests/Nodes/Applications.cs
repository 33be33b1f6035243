using System.Collections.Concurrent;
using System.Text;
using CloudPlane.Client;

namespace CloudPlane.Cloud.Tests;

/// <summary>
/// Deployments that a test creates, scales and deletes, and what it asked for last. Meanwhile lists are sampled: no application may ever have
/// more active pods than were asked for at most.
/// </summary>
internal sealed class Applications(ApiClient client) : IAsyncDisposable
{
    private const string Namespace = "default";

    private static readonly TimeSpan BetweenSamples = TimeSpan.FromMilliseconds(700);

    private readonly ConcurrentDictionary<string, int> _wanted = new();
    private readonly ConcurrentDictionary<string, int> _most = new();
    private readonly ConcurrentQueue<string> _violations = new();
    private readonly CancellationTokenSource _stop = new();
    private Task _sampling = Task.CompletedTask;

    /// <summary>What must never happen and did.</summary>
    public IReadOnlyCollection<string> Violations => _violations;

    /// <summary>Pods wanted in all.</summary>
    public int Wanted => _wanted.Values.Sum();

    public void StartSampling() => _sampling = SampleAsync();

    public async Task CreateAsync(string name, int replicas)
    {
        Ask(name, replicas);
        var manifest = Encoding.UTF8.GetBytes($$"""
            {"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"{{name}}","namespace":"{{Namespace}}"},
             "spec":{"replicas":{{replicas}},"selector":{"matchLabels":{"app":"{{name}}"} },
              "template":{"metadata":{"labels":{"app":"{{name}}"} },"spec":{"containers":[{"name":"c","image":"none"}]} } } }
            """);
        await Retry.UntilDoneAsync(async () =>
        {
            try
            {
                await client.PostAsync($"/apis/apps/v1/namespaces/{Namespace}/deployments", manifest, default);
            }
            catch (ApiException e) when (e.IsAlreadyExists)
            {
                // Made by a try whose answer was lost.
            }
        });
    }

    public Task ScaleAsync(string name, int replicas)
    {
        Ask(name, replicas);
        var patch = Encoding.UTF8.GetBytes($$"""{"spec":{"replicas":{{replicas}}} }""");
        return Retry.UntilDoneAsync(() => client.PatchAsync<Deployment>(Namespace, name, PatchKind.Merge, patch, null, default));
    }

    public Task DeleteAsync(string name)
    {
        _wanted.TryRemove(name, out _);
        return Retry.UntilDoneAsync(async () =>
        {
            try
            {
                await client.DeleteAsync<Deployment>(Namespace, name, null, default);
            }
            catch (ApiException e) when (e.IsNotFound)
            {
                // Deleted by a try whose answer was lost.
            }
        });
    }

    /// <summary>Waits until each Deployment has what it wants, running, and nothing else is left; then nothing may have gone wrong on the way.</summary>
    public async Task ConvergeAsync(SimulatedNodes nodes)
    {
        await Retry.UntilNullAsync(() => ProblemAsync(nodes));
        Assert.Empty(nodes.Violations);
        Assert.Empty(Violations);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _sampling;
        _stop.Dispose();
    }

    private void Ask(string name, int replicas)
    {
        _wanted[name] = replicas;
        _most.AddOrUpdate(name, replicas, (_, most) => Math.Max(most, replicas));
    }

    private async Task<string?> ProblemAsync(SimulatedNodes nodes)
    {
        var deployments = (await client.ListAsync<Deployment>(Namespace, null, default)).Items.ToDictionary(d => d.Metadata.Name!);
        var pods = (await client.ListAsync<Pod>(Namespace, null, default)).Items;
        if (deployments.Keys.Except(_wanted.Keys).FirstOrDefault() is { } extra)
            return $"Deployment {extra} is still there";
        foreach (var (name, replicas) in _wanted)
        {
            if (!deployments.TryGetValue(name, out var deployment))
                return $"Deployment {name} is lost";
            var running = pods.Count(pod => AppOf(pod) == name && IsActive(pod) && pod.Status?.Phase == "Running");
            if (running != replicas || (deployment.Status?.AvailableReplicas ?? 0) != replicas || (deployment.Status?.Replicas ?? 0) != replicas)
                return $"{name} wants {replicas} pods; {running} run, {deployment.Status?.AvailableReplicas ?? 0} are said to be available, {deployment.Status?.Replicas ?? 0} to exist";
        }

        if (pods.Count != Wanted)
            return $"{pods.Count} pods are there and {Wanted} wanted: {Overview(pods)}";
        var uids = pods.Select(pod => pod.Metadata.Uid!).ToHashSet();
        return nodes.Running.SetEquals(uids) ? null : "nodes run other pods than the API has";
    }

    private static string Overview(IEnumerable<Pod> pods) => string.Join(
        ", ", pods.GroupBy(pod => $"{AppOf(pod)} {pod.Status?.Phase}{(pod.Metadata.DeletionTimestamp is null ? "" : " going")}{(pod.Spec?.NodeName is null ? " unbound" : "")}").Select(group => $"{group.Key}: {group.Count()}"));

    private async Task SampleAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                var pods = (await client.ListAsync<Pod>(Namespace, null, _stop.Token)).Items;
                foreach (var app in pods.Where(IsActive).GroupBy(AppOf))
                {
                    if (app.Count() > _most.GetValueOrDefault(app.Key))
                        _violations.Enqueue($"{app.Key} had {app.Count()} pods of at most {_most.GetValueOrDefault(app.Key)}");
                }
            }
            catch (Exception e) when (e is ApiException or ApiUnreachableException or OperationCanceledException)
            {
                // The next sample.
            }

            await Task.Delay(BetweenSamples, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static string AppOf(Pod pod) => pod.Metadata.Labels?.GetValueOrDefault("app") ?? "";

    private static bool IsActive(Pod pod) => pod.Metadata.DeletionTimestamp is null && pod.Status?.Phase is not ("Failed" or "Succeeded");
}
