using System.Collections.Immutable;
using System.Text;
using System.Text.Json.Nodes;
using CloudPlane.Client;

namespace CloudPlane.Agent.Tests;

public sealed class PodStatusTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Before_anything_runs()
    {
        var status = Build(TestPods.Parse("Always", "c"), RuntimePod.Empty);
        Assert.Equal("Pending", status.Phase);
        Assert.Equal("ContainerCreating", status.ContainerStatuses![0].State!.Waiting!.Reason);
        Assert.Equal("BestEffort", status.QosClass);
        Assert.Equal(3, status.ObservedGeneration);
        Assert.Equal("containers with unready status: [c]", Condition(status, "Ready").Message);
        Assert.Equal("ContainersNotReady", Condition(status, "ContainersReady").Reason);
        Assert.Equal("True", Condition(status, "PodScheduled").Status);
        Assert.Equal("True", Condition(status, "Initialized").Status);
        Assert.Equal("False", Condition(status, "PodReadyToStartContainers").Status);
        Assert.Null(status.PodIP);
        Assert.Equal(Now, status.StartTime);
    }

    [Fact]
    public void With_init_containers_to_run()
    {
        var status = Build(TestPods.Parse("Always", "c", "i", "s*"), Sandboxed(TestPods.Container("i", RuntimeContainerState.Running)));
        Assert.Equal("PodInitializing", status.ContainerStatuses![0].State!.Waiting!.Reason);
        Assert.Equal("ContainersNotInitialized", Condition(status, "Initialized").Reason);
        Assert.Equal("containers with incomplete status: [i s]", Condition(status, "Initialized").Message);
        Assert.Equal("Pending", status.Phase);
        Assert.Equal("10.0.0.2", status.PodIP);
    }

    [Fact]
    public void A_crash_loop_shows_the_last_state()
    {
        var pod = TestPods.Parse("Always", "c");
        var status = Build(pod, Sandboxed(TestPods.Container("c", RuntimeContainerState.Exited, 2) with { ExitCode = 1 }),
            waiting: new WaitingReason("CrashLoopBackOff", "back-off"));
        var container = status.ContainerStatuses![0];
        Assert.Equal("CrashLoopBackOff", container.State!.Waiting!.Reason);
        Assert.Equal(1, container.LastState!.Terminated!.ExitCode);
        Assert.Equal("Error", container.LastState.Terminated.Reason);
        Assert.Equal(2, container.RestartCount);
        Assert.Equal("Running", status.Phase);
        Assert.False(container.Ready);
    }

    [Theory]
    [InlineData("Never", 0, "Succeeded")]
    [InlineData("Never", 1, "Failed")]
    [InlineData("OnFailure", 0, "Succeeded")]
    [InlineData("OnFailure", 1, "Running")]
    [InlineData("Always", 0, "Running")]
    public void The_phase_of_an_ended_container(string policy, int code, string phase) =>
        Assert.Equal(phase, Build(TestPods.Parse(policy, "c"),
            Sandboxed(TestPods.Container("c", RuntimeContainerState.Exited) with { ExitCode = code })).Phase);

    [Fact]
    public void A_completed_pod_is_not_ready_but_initialized()
    {
        var status = Build(TestPods.Parse("Never", "c"), Sandboxed(TestPods.Container("c", RuntimeContainerState.Exited)));
        Assert.Equal(("False", "PodCompleted"), (Condition(status, "Ready").Status, Condition(status, "Ready").Reason));
        Assert.Equal(("True", "PodCompleted"), (Condition(status, "Initialized").Status, Condition(status, "Initialized").Reason));
    }

    [Fact]
    public void A_terminal_phase_is_never_left()
    {
        var done = Build(TestPods.Parse("Never", "c"), Sandboxed(TestPods.Container("c", RuntimeContainerState.Exited)));
        var later = Build(TestPods.Parse("Never", "c"), RuntimePod.Empty, previous: done, terminal: true);
        Assert.Equal("Succeeded", later.Phase);
        Assert.Equal(0, later.ContainerStatuses![0].State!.Terminated!.ExitCode);
        Assert.Equal("10.0.0.2", later.PodIP);
    }

    [Fact]
    public void A_container_that_vanished_is_unknown()
    {
        var before = Build(TestPods.Parse("Never", "c"), Sandboxed(TestPods.Container("c", RuntimeContainerState.Running)));
        var after = Build(TestPods.Parse("Never", "c"), RuntimePod.Empty, previous: before, terminal: true);
        Assert.Equal("ContainerStatusUnknown", after.ContainerStatuses![0].State!.Terminated!.Reason);
        Assert.Equal(137, after.ContainerStatuses[0].State!.Terminated!.ExitCode);
        Assert.Equal("Failed", after.Phase);
    }

    [Fact]
    public void Readiness_gates_count()
    {
        var pod = TestPods.Parse("""{"metadata":{"name":"p","uid":"u"},"spec":{"readinessGates":[{"conditionType":"x/a"}],"containers":[{"name":"c","image":"x"}]}}""");
        var status = Build(pod, Sandboxed(TestPods.Container("c", RuntimeContainerState.Running)));
        Assert.Equal("True", Condition(status, "ContainersReady").Status);
        Assert.Equal(("False", "ReadinessGatesNotReady"), (Condition(status, "Ready").Status, Condition(status, "Ready").Reason));
        Assert.Equal("corresponding condition of pod readiness gate \"x/a\" does not exist.", Condition(status, "Ready").Message);
    }

    [Fact]
    public void Transition_times_move_only_with_the_status()
    {
        var pod = TestPods.Parse("Always", "c");
        var first = Build(pod, RuntimePod.Empty);
        var second = PodStatusBuilder.Build(
            Input(pod, Sandboxed(TestPods.Container("c", RuntimeContainerState.Running)), first, null,
            false) with
            { Now = Now.AddSeconds(5) });
        Assert.Equal(Now, Condition(second, "PodScheduled").LastTransitionTime);
        Assert.Equal(Now.AddSeconds(5), Condition(second, "Ready").LastTransitionTime);
    }

    [Fact]
    public void The_patch_has_only_what_differs()
    {
        var pod = TestPods.Parse("Always", "c");
        var first = Build(pod, RuntimePod.Empty);
        Assert.Null(PodStatusPatch.Create("u", first, first));
        var second = Build(pod, Sandboxed(TestPods.Container("c", RuntimeContainerState.Running)), previous: first);
        var patch = JsonNode.Parse(PodStatusPatch.Create("u", first, second)!.Value.Span)!;
        Assert.Equal("u", (string?)patch["metadata"]!["uid"]);
        var status = patch["status"]!.AsObject();
        Assert.Equal(["phase", "podIP", "podIPs", "containerStatuses", "conditions"], status.Select(p => p.Key)
            .OrderBy(k => Array.IndexOf(["phase", "podIP", "podIPs", "containerStatuses", "conditions"], k)));
        Assert.DoesNotContain(status["conditions"]!.AsArray(), c => (string?)c!["type"] is "PodScheduled" or "Initialized");
        var ready = status["conditions"]!.AsArray().First(c => (string?)c!["type"] == "Ready")!.AsObject();
        Assert.True(ready.ContainsKey("message") && ready["message"] is null, "what is gone must be removed");
    }

    [Fact]
    public void The_first_patch_has_everything() =>
        Assert.Equal("Pending", (string?)JsonNode.Parse(
            PodStatusPatch.Create("u", null, Build(TestPods.Parse("Always", "c"), RuntimePod.Empty))!.Value.Span)!["status"]!["phase"]);

    private static PodCondition Condition(PodStatus status, string type) => status.Conditions!.Single(c => c.Type == type);

    private static RuntimePod Sandboxed(params RuntimeContainer[] containers) =>
        new() { Sandboxes = [new("s1", 0, true, Now, ["10.0.0.2"])], Containers = containers.ToImmutableArray() };

    private static PodStatus Build(Pod pod, RuntimePod actual, PodStatus? previous = null, WaitingReason? waiting = null,
        bool terminal = false) => PodStatusBuilder.Build(Input(pod, actual, previous, waiting, terminal));

    private static PodStatusInput Input(Pod pod, RuntimePod actual, PodStatus? previous, WaitingReason? waiting, bool terminal) => new()
    {
        Pod = pod,
        Actual = actual,
        HostIp = "192.0.2.1",
        Now = Now,
        Previous = previous,
        Waiting = waiting is null
            ? ImmutableDictionary<string, WaitingReason>.Empty : ImmutableDictionary<string, WaitingReason>.Empty.Add("c", waiting),
        Probes = _ => (true, true),
        Terminal = terminal,
    };
}
