using System.Collections.Immutable;
using CloudPlane.Client;
using FsCheck;
using FsCheck.Fluent;

namespace CloudPlane.Agent.Tests;

public sealed class PodPlannerTests
{
    [Fact]
    public void A_new_pod_gets_a_sandbox() =>
        Assert.True(Plan(TestPods.Parse("Always", "c"), RuntimePod.Empty) is { CreateSandbox: true, Attempt: 0, Finished: false });

    [Theory]
    [InlineData("Always", 0, true)]
    [InlineData("Always", 1, true)]
    [InlineData("OnFailure", 0, false)]
    [InlineData("OnFailure", 1, true)]
    [InlineData("Never", 0, false)]
    [InlineData("Never", 1, false)]
    public void An_ended_container_restarts_by_policy(string policy, int code, bool restarts)
    {
        var plan = Plan(TestPods.Parse(policy, "c"), Runtime(Ended("c", code)));
        Assert.Equal(restarts, plan.Start.Length == 1);
        Assert.Equal(!restarts, plan.Finished);
    }

    [Fact]
    public void A_pod_that_must_not_restart_gets_no_second_sandbox() =>
        Assert.True(Plan(TestPods.Parse("Never", "c"), Runtime(Ended("c", 1)) with { Sandboxes = [Sandbox(ready: false)] }).Finished);

    [Fact]
    public void A_pod_whose_containers_all_succeeded_gets_no_second_sandbox() =>
        Assert.True(Plan(TestPods.Parse("OnFailure", "c"), Runtime(Ended("c", 0)) with { Sandboxes = [Sandbox(ready: false)] }).Finished);

    [Fact]
    public void A_dead_sandbox_is_replaced_by_the_next()
    {
        var plan = Plan(TestPods.Parse("Always", "c"), Runtime(Running("c")) with { Sandboxes = [Sandbox(ready: false)] });
        Assert.True(plan is { CreateSandbox: true, Attempt: 1, DeadSandbox: not null });
    }

    [Fact]
    public void A_sandbox_without_an_address_is_of_no_use() =>
        Assert.True(Plan(TestPods.Parse("Always", "c"), Runtime() with { Sandboxes = [Sandbox(true) with { Ips = [] }] }).CreateSandbox);

    [Fact]
    public void Containers_wait_for_init_containers_in_order()
    {
        var pod = TestPods.Parse("Always", "c", "i1", "i2");
        Assert.Equal(["i1"], Names(Plan(pod, Runtime())));
        Assert.Empty(Plan(pod, Runtime(Running("i1"))).Start);
        Assert.Equal(["i2"], Names(Plan(pod, Runtime(Ended("i1", 0)))));
        Assert.Equal(["c"], Names(Plan(pod, Runtime(Ended("i2", 0), Ended("i1", 0)))));
        // The remains of the first may be gone by then.
        Assert.Equal(["c"], Names(Plan(pod, Runtime(Ended("i2", 0)))));
        Assert.Empty(Plan(pod, Runtime(Running("c"))).Start);
    }

    [Theory]
    [InlineData("Always", false)]
    [InlineData("Never", true)]
    public void A_failed_init_container_restarts_or_fails_the_pod(string policy, bool finished)
    {
        var plan = Plan(TestPods.Parse(policy, "c", "i"), Runtime(Ended("i", 1)));
        Assert.Equal(finished, plan.Finished);
        Assert.Equal(finished ? [] : ["i"], Names(plan));
    }

    [Fact]
    public void Init_containers_run_again_in_a_new_sandbox()
    {
        var pod = TestPods.Parse("Always", "c", "i");
        var actual = Runtime(Ended("c", 137) with { SandboxId = "old" }, Ended("i", 0) with { SandboxId = "old" });
        Assert.Equal(["i"], Names(Plan(pod, actual)));
    }

    [Fact]
    public void A_sidecar_must_have_started_before_the_next()
    {
        var pod = TestPods.Parse("Always", "c", "s*", "i");
        var probes = new Probes();
        Assert.Equal(["s"], Names(Plan(pod, Runtime(), probes)));
        probes.NotStarted.Add("s");
        Assert.Empty(Plan(pod, Runtime(Running("s")), probes).Start);
        probes.NotStarted.Clear();
        Assert.Equal(["i"], Names(Plan(pod, Runtime(Running("s")), probes)));
        Assert.Equal(["s"], Names(Plan(pod, Runtime(Running("i"), Ended("s", 0)), probes)));
        Assert.Equal(["c"], Names(Plan(pod, Runtime(Ended("i", 0), Running("s")), probes)));
        Assert.Equal(["s"], Names(Plan(pod, Runtime(Running("c"), Ended("i", 0), Ended("s", 3)), probes)));
    }

    [Fact]
    public void Sidecars_do_not_keep_a_pod_alive() =>
        Assert.True(Plan(TestPods.Parse("Never", "c", "s*"), Runtime(Ended("c", 0), Running("s"))).Finished);

    [Fact]
    public void Failed_probes_kill()
    {
        var pod = TestPods.Parse("Always", "c");
        var live = Plan(pod, Runtime(Running("c")), new Probes { Dead = { "c" } });
        Assert.Equal("Container c failed liveness probe, will be restarted", Assert.Single(live.Kill).Message);
        var startup = Plan(TestPods.Parse("Never", "c"), Runtime(Running("c")), new Probes { FailedStart = { "c" } });
        Assert.Equal("Container c failed startup probe", Assert.Single(startup.Kill).Message);
    }

    [Fact]
    public void A_changed_image_kills() =>
        Assert.Equal("Container c definition changed, will be restarted",
            Assert.Single(Plan(TestPods.Parse("Always", "c"), Runtime(Running("c") with { Hash = "other" })).Kill).Message);

    [Fact]
    public void The_plan_never_starts_what_runs_and_is_finished_only_when_nothing_is_to_do()
    {
        Prop.ForAll(ArbMap.Default.ArbFor<int[]>(), seeds =>
        {
            var policy = new[] { "Always", "OnFailure", "Never" }[Math.Abs(seeds.FirstOrDefault() % 3)];
            var pod = TestPods.Parse(policy, "c", "i", "s*");
            RuntimeContainer[] containers =
                [.. seeds.Zip(["c", "i", "s"]).Where(z => z.First % 4 != 0)
                .Select(z => z.First % 4 is 1 or -1 ? Running(z.Second) : Ended(z.Second, Math.Abs(z.First % 2)))];
            var plan = Plan(pod, Runtime(containers));
            foreach (var start in plan.Start)
                Assert.False(containers.Any(c => c.Name == start.Name && c.Running), $"{start.Name} runs already");
            if (plan.Finished) Assert.Empty(plan.Start);
            if (policy == "Always") Assert.False(plan.Finished);
        }).QuickCheckThrowOnFailure();
    }

    private static PodPlan Plan(Pod pod, RuntimePod actual, Probes? probes = null) => PodPlanner.Plan(pod, actual, probes ?? new Probes());

    private static IEnumerable<string?> Names(PodPlan plan) => plan.Start.Select(c => c.Name);

    private static RuntimeSandbox Sandbox(bool ready) => new("s1", 0, ready, DateTimeOffset.UnixEpoch, ["10.0.0.2"]);

    private static RuntimePod Runtime(params RuntimeContainer[] containers) =>
        new() { Sandboxes = [Sandbox(true)], Containers = containers.ToImmutableArray() };

    private static RuntimeContainer Running(string name) => TestPods.Container(name, RuntimeContainerState.Running);

    private static RuntimeContainer Ended(string name, int code) =>
        TestPods.Container(name, RuntimeContainerState.Exited) with { ExitCode = code };

    private sealed class Probes : IProbeView
    {
        public HashSet<string> NotStarted { get; } = [];
        public HashSet<string> Dead { get; } = [];
        public HashSet<string> FailedStart { get; } = [];
        public bool Started(RuntimeContainer container) => !NotStarted.Contains(container.Name);
        public bool LivenessFailed(RuntimeContainer container) => Dead.Contains(container.Name);
        public bool StartupFailed(RuntimeContainer container) => FailedStart.Contains(container.Name);
    }
}
