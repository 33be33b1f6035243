using System.Text;
using CloudPlane.Client;

namespace CloudPlane.Cloud.Tests;

/// <summary>How many pods an application may have at most by what was asked for so far.</summary>
/// <param name="Replicas">The most that were asked for.</param>
/// <param name="Surge">By how many a rollout may exceed that; 0 when there was none.</param>
/// <param name="Templates">How many there were, so how many ReplicaSets there may be.</param>
internal readonly record struct Allowance(int Replicas, int Surge, int Templates);

/// <summary>
/// Holds every revision of pods and ReplicaSets, not samples of them, against what may be. A pod is bound once, to one node, and never comes
/// back. An application's ReplicaSets never ask for more than it wants and its rollout allows, and none ever has more pods than it asked for
/// at most. So without a rollout an application never has too many; within one, what a set has beyond what it asks for is being deleted.
/// </summary>
internal sealed class RolloutHistory : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly Func<string, Allowance> _allowed;
    private readonly ResourceLog<Pod> _podLog;
    private readonly ResourceLog<ReplicaSet> _setLog;
    private readonly List<string> _violations = [];

    // By uid. What is gone stays, so that its return is noticed.
    private readonly Dictionary<string, PodState> _pods = [];
    private readonly Dictionary<string, SetState> _sets = [];

    private RolloutHistory(ApiClient client, Func<string, Allowance> allowed)
    {
        _allowed = allowed;
        _podLog = new ResourceLog<Pod>(client, Take);
        _setLog = new ResourceLog<ReplicaSet>(client, Take);
    }

    /// <summary>Pods that were made so far.</summary>
    public int Made
    {
        get
        {
            lock (_gate)
                return _pods.Count;
        }
    }

    /// <param name="client">Of a cluster without pods.</param>
    /// <param name="allowed">What an application may have; asked at each change, so told before it is asked for.</param>
    public static async Task<RolloutHistory> StartAsync(ApiClient client, Func<string, Allowance> allowed)
    {
        await BeginAsync<Pod>(client, """
            {"apiVersion":"v1","kind":"Pod","metadata":{"name":"first","namespace":"default"},"spec":{"schedulerName":"nobody","containers":[{"name":"c","image":"none"}]} }
            """);
        await BeginAsync<ReplicaSet>(client, """
            {"apiVersion":"apps/v1","kind":"ReplicaSet","metadata":{"name":"first","namespace":"default"},
             "spec":{"replicas":0,"selector":{"matchLabels":{"app":"first"} },
              "template":{"metadata":{"labels":{"app":"first"} },"spec":{"containers":[{"name":"c","image":"none"}]} } } }
            """);
        var history = new RolloutHistory(client, allowed);
        await history._podLog.StartAsync();
        await history._setLog.StartAsync();
        return history;
    }

    /// <summary>Pods of an application that are there: all of them, and those that run and are to stay.</summary>
    public (int All, int Running) Count(string app)
    {
        lock (_gate)
        {
            var pods = _pods.Values.Where(pod => pod.App == app && !pod.IsGone).ToList();
            return (pods.Count, pods.Count(pod => pod is { IsActive: true, Phase: "Running" }));
        }
    }

    /// <summary>Throws if a watch ended: what it would have told is not known any more.</summary>
    public async Task CheckAsync()
    {
        await _podLog.CheckAsync();
        await _setLog.CheckAsync();
    }

    /// <summary>What must never happen and did, up to now.</summary>
    public async Task<IReadOnlyList<string>> ViolationsAsync()
    {
        await _podLog.CatchUpAsync();
        await _setLog.CatchUpAsync();
        lock (_gate)
        {
            var exceeded = _pods.Values.Select(pod => pod.Set).Distinct()
                .Select(uid => (Uid: uid, Set: _sets.GetValueOrDefault(uid) ?? new SetState("nobody's", 0)))
                .Where(owner => owner.Set.MostPods > owner.Set.MostAsked)
                .Select(owner => $"ReplicaSet {owner.Uid} of {owner.Set.App} had {owner.Set.MostPods} pods and never asked for more than {owner.Set.MostAsked}");
            return [.. _violations, .. exceeded];
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _podLog.DisposeAsync();
        await _setLog.DisposeAsync();
    }

    /// <summary>The application that an object's label names.</summary>
    public static string AppOf(ObjectMeta metadata) => metadata.Labels?.GetValueOrDefault("app") ?? "";

    /// <summary>Neither ended nor about to.</summary>
    public static bool IsActive(Pod pod) => pod.Metadata.DeletionTimestamp is null && pod.Status?.Phase is not ("Failed" or "Succeeded");

    /// <summary>
    /// Makes the first changes of a resource, which nobody watches: revision 0 means any state to a watch, so one that is cut before it was told
    /// anything could not go on from there.
    /// </summary>
    private static async Task BeginAsync<T>(ApiClient client, string manifest)
        where T : class, IKubernetesObject<T>
    {
        await Retry.UntilDoneAsync(async () =>
        {
            try
            {
                await client.PostAsync(ResourcePath.Collection(T.Resource, "default"), Encoding.UTF8.GetBytes(manifest), default);
            }
            catch (ApiException e) when (e.IsAlreadyExists)
            {
                // Made by a try whose answer was lost.
            }
        });
        await Retry.UntilDoneAsync(async () =>
        {
            try
            {
                await client.DeleteAsync<T>("default", "first", new DeleteOptions { GracePeriodSeconds = 0 }, default);
            }
            catch (ApiException e) when (e.IsNotFound)
            {
                // Deleted by a try whose answer was lost.
            }
        });
    }

    private void Take(WatchEvent<Pod> change)
    {
        var pod = change.Object;
        var name = $"{pod.Metadata.Namespace}/{pod.Metadata.Name}";
        lock (_gate)
        {
            if (!_pods.TryGetValue(pod.Metadata.Uid!, out var state))
                _pods.Add(pod.Metadata.Uid!, state = new PodState(AppOf(pod.Metadata), Owners.ControllerOf(pod.Metadata)?.Uid ?? ""));
            else if (state.IsGone || change.Kind == WatchEventKind.Added)
                _violations.Add($"{name} was there, and came again");
            if (state.Node is { } node && node != pod.Spec?.NodeName)
                _violations.Add($"{name} was bound to {node} and then to {pod.Spec?.NodeName}");
            state.Node = pod.Spec?.NodeName is { Length: > 0 } bound ? bound : null;
            state.Phase = pod.Status?.Phase;
            state.IsGone = change.Kind == WatchEventKind.Deleted;
            state.IsActive = !state.IsGone && IsActive(pod);
            CheckPods(state);
        }
    }

    private void CheckPods(PodState changed)
    {
        var active = _pods.Values.Where(pod => pod.IsActive && pod.App == changed.App).ToList();
        var most = _allowed(changed.App);
        if (most.Surge == 0 && active.Count > most.Replicas)
            _violations.Add($"{changed.App} had {active.Count} pods of at most {most.Replicas}");
        var ofSet = active.Count(pod => pod.Set == changed.Set);
        Set(changed.Set, changed.App).MostPods = Math.Max(Set(changed.Set, changed.App).MostPods, ofSet);
    }

    private void Take(WatchEvent<ReplicaSet> change)
    {
        var app = AppOf(change.Object.Metadata);
        lock (_gate)
        {
            var set = Set(change.Object.Metadata.Uid!, app);
            set.Asked = change.Kind == WatchEventKind.Deleted ? 0 : change.Object.Spec?.Replicas ?? 1;
            set.MostAsked = Math.Max(set.MostAsked, set.Asked);
            var most = _allowed(app);
            var asked = _sets.Values.Where(other => other.App == app).Sum(other => other.Asked);
            if (asked > most.Replicas + most.Surge)
                _violations.Add($"the ReplicaSets of {app} asked for {asked} pods of at most {most.Replicas} and {most.Surge} more");
            if (_sets.Values.Count(other => other.App == app) is var sets && sets > most.Templates)
                _violations.Add($"{app} had {sets} ReplicaSets for {most.Templates} templates");
        }
    }

    private SetState Set(string uid, string app)
    {
        if (!_sets.TryGetValue(uid, out var set))
            _sets.Add(uid, set = new SetState(app, 0));
        return set;
    }

    private sealed class PodState(string app, string set)
    {
        public string App { get; } = app;

        public string Set { get; } = set;

        public string? Node { get; set; }

        public string? Phase { get; set; }

        public bool IsActive { get; set; }

        public bool IsGone { get; set; }
    }

    private sealed class SetState(string app, int asked)
    {
        public string App { get; } = app;

        public int Asked { get; set; } = asked;

        public int MostAsked { get; set; } = asked;

        public int MostPods { get; set; }
    }
}
