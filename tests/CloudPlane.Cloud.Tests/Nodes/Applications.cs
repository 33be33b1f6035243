using System.Collections.Concurrent;
using System.Text;
using CloudPlane.Client;

namespace CloudPlane.Cloud.Tests;

/// <summary>
/// Deployments that a test creates, scales, rolls out and deletes, and what it asked for last. Every revision of what came of it is held
/// against what may be, by <see cref="RolloutHistory"/>.
/// </summary>
internal sealed class Applications : IAsyncDisposable
{
    private const string Namespace = "default";
    private const string FirstImage = "first";

    // A Deployment's default, in percent.
    private const int MaxSurge = 25;

    private readonly ApiClient _client;
    private readonly ConcurrentDictionary<string, (int Replicas, string Image)> _wanted = new();
    private readonly ConcurrentDictionary<string, Allowance> _allowed = new();
    private RolloutHistory? _history;

    private Applications(ApiClient client) => _client = client;

    /// <summary>Pods wanted in all.</summary>
    public int Wanted => _wanted.Values.Sum(wanted => wanted.Replicas);

    /// <summary>Pods that were made so far.</summary>
    public int Made => _history!.Made;

    /// <summary>In a cluster without pods.</summary>
    public static async Task<Applications> StartAsync(ApiClient client)
    {
        var applications = new Applications(client);
        applications._history = await RolloutHistory.StartAsync(client, app => applications._allowed.GetValueOrDefault(app));
        return applications;
    }

    public async Task CreateAsync(string name, int replicas)
    {
        Ask(name, replicas, FirstImage);
        var manifest = Encoding.UTF8.GetBytes($$"""
            {"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"{{name}}","namespace":"{{Namespace}}"},
             "spec":{"replicas":{{replicas}},"selector":{"matchLabels":{"app":"{{name}}"} },
              "template":{"metadata":{"labels":{"app":"{{name}}"} },"spec":{"containers":[{"name":"c","image":"{{FirstImage}}"}]} } } }
            """);
        await Retry.UntilDoneAsync(async () =>
        {
            try
            {
                await _client.PostAsync($"/apis/apps/v1/namespaces/{Namespace}/deployments", manifest, default);
            }
            catch (ApiException e) when (e.IsAlreadyExists)
            {
                // Made by a try whose answer was lost.
            }
        });
    }

    public Task ScaleAsync(string name, int replicas)
    {
        Ask(name, replicas, _wanted[name].Image);
        return PatchAsync(name, $$"""{"spec":{"replicas":{{replicas}}} }""");
    }

    /// <summary>A new template, which takes the old one's place bit by bit.</summary>
    public Task RollOutAsync(string name, string image)
    {
        Ask(name, _wanted[name].Replicas, image);
        return PatchAsync(name, $$"""{"spec":{"template":{"spec":{"containers":[{"name":"c","image":"{{image}}"}]} } } }""");
    }

    public Task DeleteAsync(string name)
    {
        _wanted.TryRemove(name, out _);
        return Retry.UntilDoneAsync(async () =>
        {
            try
            {
                await _client.DeleteAsync<Deployment>(Namespace, name, null, default);
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
        await Retry.UntilNullAsync(async () =>
        {
            await _history!.CheckAsync();
            return Lacking() ?? await ProblemAsync(nodes);
        });
        Assert.Empty(nodes.Violations);
        Assert.Empty(await _history!.ViolationsAsync());
    }

    public ValueTask DisposeAsync() => _history!.DisposeAsync();

    private Task PatchAsync(string name, string patch) => Retry.UntilDoneAsync(() =>
        _client.PatchAsync<Deployment>(Namespace, name, PatchKind.Merge, Encoding.UTF8.GetBytes(patch), null, default));

    /// <summary>Before it is asked for: whatever comes of it is seen afterwards.</summary>
    private void Ask(string name, int replicas, string image)
    {
        var isRollout = _wanted.TryGetValue(name, out var before) && before.Image != image;
        _wanted[name] = (replicas, image);
        _allowed.AddOrUpdate(name, _ => new Allowance(replicas, 0, 1), (_, allowed) =>
        {
            var (most, templates) = (Math.Max(allowed.Replicas, replicas), allowed.Templates + (isRollout ? 1 : 0));
            return new Allowance(most, templates > 1 ? ((most * MaxSurge) + 99) / 100 : 0, templates);
        });
    }

    /// <summary>What the watch already tells to be missing, at no cost.</summary>
    private string? Lacking()
    {
        foreach (var (name, (replicas, _)) in _wanted)
        {
            if (_history!.Count(name) is var (all, running) && (all != replicas || running != replicas))
                return $"{name} wants {replicas} pods, has {all}, and {running} of them run";
        }

        return null;
    }

    private async Task<string?> ProblemAsync(SimulatedNodes nodes)
    {
        var deployments = (await _client.ListAsync<Deployment>(Namespace, null, default)).Items.ToDictionary(d => d.Metadata.Name!);
        var pods = (await _client.ListAsync<Pod>(Namespace, null, default)).Items;
        if (deployments.Keys.Except(_wanted.Keys).FirstOrDefault() is { } extra)
            return $"Deployment {extra} is still there";
        foreach (var (name, (replicas, image)) in _wanted)
        {
            if (!deployments.TryGetValue(name, out var deployment))
                return $"Deployment {name} is lost";
            var running = pods.Count(pod => IsOf(pod, name, image));
            var status = deployment.Status ?? new DeploymentStatus();
            if (running != replicas || (status.AvailableReplicas ?? 0) != replicas || (status.UpdatedReplicas ?? 0) != replicas || (status.Replicas ?? 0) != replicas)
                return $"{name} wants {replicas} pods of {image}; {running} run, {status.AvailableReplicas ?? 0} are said to be available, {status.UpdatedReplicas ?? 0} new, {status.Replicas ?? 0} to exist";
        }

        if (pods.Count != Wanted)
            return $"{pods.Count} pods are there and {Wanted} wanted: {Overview(pods)}";
        var uids = pods.Select(pod => pod.Metadata.Uid!).ToHashSet();
        return nodes.Running.SetEquals(uids) ? null : "nodes run other pods than the API has";
    }

    private static bool IsOf(Pod pod, string app, string image) =>
        RolloutHistory.AppOf(pod.Metadata) == app && RolloutHistory.IsActive(pod) && pod.Status?.Phase == "Running" && pod.Spec?.Containers?[0].Image == image;

    private static string Overview(IEnumerable<Pod> pods) => string.Join(
        ", ",
        pods.GroupBy(pod => $"{RolloutHistory.AppOf(pod.Metadata)} {pod.Status?.Phase}{(pod.Metadata.DeletionTimestamp is null ? "" : " going")}{(pod.Spec?.NodeName is null ? " unbound" : "")}")
            .Select(group => $"{group.Key}: {group.Count()}"));
}
