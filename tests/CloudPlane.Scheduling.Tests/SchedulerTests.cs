using CloudPlane.Client;

namespace CloudPlane.Scheduling.Tests;

public sealed class SchedulerTests : IDisposable
{
    private static readonly CancellationToken None = CancellationToken.None;

    private readonly FakeApi _api = new();
    private readonly Replicas _replicas;
    private readonly Scheduler _scheduler;

    public SchedulerTests()
    {
        _replicas = new Replicas(_api);
        _scheduler = new Scheduler(_replicas, new ApiClient(_api), TimeProvider.System, new Random(1));
    }

    public void Dispose() => _replicas.Dispose();

    [Fact]
    public async Task A_pod_is_bound_and_its_event_says_where()
    {
        _api.Put(Make.Node("n1"));
        _api.Put(Make.Pod("web", "1"));
        Assert.Equal(ReconcileResult.Done, await ReconcileAsync("web"));
        Assert.Equal("n1", _api.Pod("web")!.Spec!.NodeName);
        Assert.Equal([("Normal", "Scheduled", "Successfully assigned default/web to n1")], _api.Events);
    }

    [Fact]
    public async Task A_pod_that_fits_nowhere_says_why_once_and_is_tried_again()
    {
        _api.Put(Make.Node("n1", cpu: "1"));
        _api.Put(Make.Node("n2", unschedulable: true));
        _api.Put(Make.Pod("a", "1", node: "n1"));
        _api.Put(Make.Pod("web", "1"));
        Assert.Equal(TimeSpan.FromSeconds(10), (await ReconcileAsync("web")).RequeueAfter);
        const string message = "0/2 nodes are available: 1 Insufficient cpu, 1 node(s) were unschedulable. "
            + "preemption: 0/2 nodes are available: 1 No preemption victims found for incoming pod, 1 Preemption is not helpful for scheduling.";
        Assert.Equal([("Warning", "FailedScheduling", message)], _api.Events);
        var condition = Assert.Single(_api.Pod("web")!.Status!.Conditions!);
        Assert.Equal(("PodScheduled", "False", "Unschedulable", message), (condition.Type, condition.Status, condition.Reason, condition.Message));

        await ReconcileAsync("web");
        Assert.Single(_api.StatusPatches);
    }

    [Fact]
    public async Task Without_nodes()
    {
        _api.Put(Make.Pod("web"));
        await ReconcileAsync("web");
        Assert.Equal([("Warning", "FailedScheduling", "no nodes available to schedule pods")], _api.Events);
    }

    [Fact]
    public async Task Other_pods_are_left_alone()
    {
        _api.Put(Make.Node("n1"));
        _api.Put(Make.Pod("other").With(s => s with { SchedulerName = "mine" }));
        _api.Put(Make.Pod("gated").With(s => s with { SchedulingGates = [new() { Name = "g" }] }));
        _api.Put(Make.Pod("bound", node: "elsewhere"));
        var deleted = Make.Pod("deleted");
        _api.Put(deleted with { Metadata = deleted.Metadata with { DeletionTimestamp = DateTimeOffset.UnixEpoch } });
        foreach (var name in new[] { "other", "gated", "bound", "deleted", "absent" }) Assert.Equal(ReconcileResult.Done, await ReconcileAsync(name));
        Assert.Empty(_api.Events);
        Assert.Equal("elsewhere", _api.Pod("bound")!.Spec!.NodeName);
    }

    [Fact]
    public async Task Bindings_in_flight_count()
    {
        _api.Put(Make.Node("n1", cpu: "1"));
        _api.Put(Make.Pod("a", "1"));
        _api.Put(Make.Pod("b", "1"));
        var reached = new TaskCompletionSource();
        var release = new TaskCompletionSource();
        _api.BeforeBinding = _ =>
        {
            reached.TrySetResult();
            return release.Task;
        };
        var first = ReconcileAsync("a");
        await reached.Task;
        await ReconcileAsync("b");
        release.SetResult();
        await first;

        Assert.Equal("n1", _api.Pod("a")!.Spec!.NodeName);
        Assert.Null(_api.Pod("b")!.Spec!.NodeName);
    }

    [Fact]
    public async Task A_refused_binding_gives_its_room_back_and_an_unknown_one_does_not_yet()
    {
        _api.Put(Make.Node("n1", cpu: "1"));
        _api.Put(Make.Pod("a", "1"));
        _api.Put(Make.Pod("b", "1"));
        _api.BeforeBinding = _ => throw new ApiException(500, "InternalError", "no");
        await Assert.ThrowsAsync<ApiException>(() => ReconcileAsync("a"));
        _api.BeforeBinding = _ => throw new ApiUnreachableException("cut off");
        await Assert.ThrowsAsync<ApiUnreachableException>(() => ReconcileAsync("b"));
        _api.BeforeBinding = _ => Task.CompletedTask;
        await ReconcileAsync("a");
        Assert.Null(_api.Pod("a")!.Spec!.NodeName);
    }

    [Fact]
    public async Task Many_at_once_never_overcommit()
    {
        for (var n = 0; n < 3; n++) _api.Put(Make.Node($"n{n}", cpu: "1"));
        for (var p = 0; p < 50; p++) _api.Put(Make.Pod($"p{p}", "100m", owner: "rs"));
        _api.BeforeBinding = _ => Task.Delay(1);
        await Task.WhenAll(Enumerable.Range(0, 50).Select(p => Task.Run(() => ReconcileAsync($"p{p}"))));

        var byNode = _api.Pods().Where(p => p.Spec!.NodeName is not null).CountBy(p => p.Spec!.NodeName!).ToArray();
        Assert.Equal([10, 10, 10], byNode.Select(n => n.Value));
    }

    [Fact]
    public async Task Pods_of_a_set_spread_over_the_nodes()
    {
        for (var n = 0; n < 3; n++) _api.Put(Make.Node($"n{n}"));
        for (var p = 0; p < 6; p++) _api.Put(Make.Pod($"p{p}", owner: "rs"));
        for (var p = 0; p < 6; p++) await ReconcileAsync($"p{p}");
        Assert.Equal([2, 2, 2], _api.Pods().CountBy(p => p.Spec!.NodeName!).Select(n => n.Value));
    }

    [Fact]
    public async Task What_changes_wakes_the_pods_that_fit_now()
    {
        var full = Make.Node("n1", cpu: "1");
        _api.Put(full);
        var running = Make.Pod("a", "1", node: "n1", phase: "Running");
        _api.Put(running);
        _api.Put(Make.Pod("small", "1"));
        _api.Put(Make.Pod("big", "2"));
        await ReconcileAsync("small");

        Assert.Empty(await _scheduler.AffectedAsync(full, full with { Status = full.Status! with { Conditions = [] } }, None));
        _api.Put(running with { Status = new() { Phase = "Succeeded" } });
        Assert.Equal(["small"], Names(await _scheduler.AffectedAsync(running, _api.Pod("a"), None)));

        var bigger = Make.Node("n1", cpu: "4");
        _api.Put(bigger);
        Assert.Equal(["big", "small"], Names(await _scheduler.AffectedAsync(full, bigger, None)));
        Assert.Equal(["big", "small"], Names(await _scheduler.AffectedAsync(null, bigger, None)));
        Assert.Empty(await _scheduler.AffectedAsync(bigger, null, None));
    }

    [Fact]
    public async Task Pods_with_rules_about_others_wake_whenever_a_pod_comes_or_goes()
    {
        var away = Make.Pod("away").With(s => s with
        {
            Affinity = new() { PodAntiAffinity = new() { RequiredDuringSchedulingIgnoredDuringExecution = [new() { TopologyKey = "zone", LabelSelector = new() }] } },
        });
        _api.Put(away);
        _api.Put(Make.Pod("plain"));
        var placed = Make.Pod("a", node: "n1");
        Assert.Equal(["away"], Names(await _scheduler.AffectedAsync(Make.Pod("a"), placed, None)));
        Assert.Equal(["away"], Names(await _scheduler.AffectedAsync(placed, null, None)));
        Assert.Empty(await _scheduler.AffectedAsync(placed, placed with { Status = new() { Phase = "Running" } }, None));
    }

    [Fact]
    public async Task A_new_pod_wakes_itself_and_its_own_condition_does_not()
    {
        var pod = Make.Pod("web");
        Assert.Equal(["web"], Names(await _scheduler.AffectedAsync(null, pod, None)));
        Assert.Empty(await _scheduler.AffectedAsync(pod, pod with { Status = new() { Conditions = [new() { Type = "PodScheduled" }] } }, None));
        var gated = pod.With(s => s with { SchedulingGates = [new() { Name = "g" }] });
        Assert.Empty(await _scheduler.AffectedAsync(null, gated, None));
        Assert.Equal(["web"], Names(await _scheduler.AffectedAsync(gated, pod, None)));
    }

    private async Task<ReconcileResult> ReconcileAsync(string name) => await _scheduler.ReconcileAsync(new ReconcileKey("default", "default", name), None);

    private static IEnumerable<string> Names(IEnumerable<ObjectName> names) => names.Select(n => n.Name).Order();
}
