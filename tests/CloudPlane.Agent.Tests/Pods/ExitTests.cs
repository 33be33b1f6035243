namespace CloudPlane.Agent.Tests;

/// <summary>What a container's exit event alone tells is reported at once, and it is what the runtime's status says later.</summary>
public sealed class ExitTests
{
    private const string Never = """ "restartPolicy":"Never","containers":[{"name":"c","image":"busybox:1","imagePullPolicy":"IfNotPresent"}] """;
    private const string Always = """ "containers":[{"name":"c","image":"busybox:1","imagePullPolicy":"IfNotPresent"}] """;

    [Theory]
    [InlineData(0, "Completed", "Succeeded")]
    [InlineData(3, "Error", "Failed")]
    [InlineData(137, "Error", "Failed")]
    public async Task An_exit_is_reported_before_the_runtimes_own_status_says_so(int code, string reason, string phase)
    {
        await using var node = new FakeNode();
        var id = await RunAsync(node, Never, kills: 0);
        node.Time.Advance(TimeSpan.FromSeconds(5));
        node.Runtime.TellExit(id, code);
        await node.Until(() => node.Phase("p") == phase, "reported");
        var told = node.ContainerStatus("p")!["state"]!.ToJsonString();
        Assert.Equal((code, reason), ((int)Terminated(node)["exitCode"]!, (string)Terminated(node)["reason"]!));
        Assert.Equal(("2026-01-01T00:00:00Z", "2026-01-01T00:00:05Z"), ((string)Terminated(node)["startedAt"]!, (string)Terminated(node)["finishedAt"]!));

        // The sandbox goes when the runtime agrees, and what it says then changes nothing.
        Assert.DoesNotContain("StopPodSandbox sandbox1", node.Runtime.Calls);
        node.Runtime.Exit(id, code, tell: false);
        await node.After(TimeSpan.FromMilliseconds(200), () => node.Runtime.Calls.Contains("StopPodSandbox sandbox1"), "is torn down");
        Assert.Equal(told, node.ContainerStatus("p")!["state"]!.ToJsonString());
    }

    [Fact]
    public async Task A_container_restarts_when_the_runtime_agrees_that_it_ended()
    {
        await using var node = new FakeNode();
        var id = await RunAsync(node, Always, kills: 0);
        node.Runtime.TellExit(id, 4);
        await node.Until(() => node.ContainerStatus("p")!["state"]!["terminated"] is not null, "reported");
        Assert.Single(node.Runtime.Calls, c => c == "CreateContainer c");
        node.Runtime.Exit(id, 4, tell: false);
        await node.After(TimeSpan.FromMilliseconds(200), () => (int?)node.ContainerStatus("p")!["restartCount"] == 1, "restarts");
        Assert.Equal(4, (int?)node.ContainerStatus("p")!["lastState"]!["terminated"]!["exitCode"]);
    }

    [Fact]
    public async Task A_kill_for_memory_is_never_reported_as_anything_else()
    {
        await using var node = new FakeNode();
        var id = await RunAsync(node, Never, kills: 1);
        // The exit comes first, the runtime notes the exit next, and why at last.
        node.Runtime.TellExit(id, 137);
        node.Runtime.Exit(id, 137, tell: false);
        await node.Until(() => node.Runtime.StatusesOf(id) > 0, "the runtime is asked");
        Assert.Equal("Running", node.Phase("p"));
        node.Runtime.SetReason(id, "OOMKilled");
        await node.After(TimeSpan.FromMilliseconds(1), () => node.Phase("p") == "Failed", "reported");
        Assert.Equal("OOMKilled", (string?)Terminated(node)["reason"]);
    }

    [Fact]
    public async Task A_container_that_outlived_a_kill_for_memory_was_killed_for_it_by_the_runtimes_rule()
    {
        await using var node = new FakeNode();
        var id = await RunAsync(node, Never, kills: 1);
        node.Runtime.TellOutOfMemory(id);
        node.Runtime.TellExit(id, 0);
        await node.Until(() => node.Phase("p") == "Succeeded", "reported");
        Assert.Equal("OOMKilled", (string?)Terminated(node)["reason"]);
    }

    [Fact]
    public async Task Without_the_kernels_word_on_memory_the_runtimes_status_is_awaited()
    {
        await using var node = new FakeNode();
        var id = await RunAsync(node, Never, kills: null);
        node.Runtime.TellExit(id, 137);
        await node.Until(() => node.Runtime.StatusesOf(id) > 0, "the runtime is asked");
        Assert.Equal("Running", node.Phase("p"));
        node.Runtime.Exit(id, 137, "OOMKilled", tell: false);
        await node.After(TimeSpan.FromMilliseconds(1), () => node.Phase("p") == "Failed", "reported");
        Assert.Equal("OOMKilled", (string?)Terminated(node)["reason"]);
    }

    [Fact]
    public async Task The_termination_message_comes_with_the_exit_and_one_that_is_in_the_log_waits_for_the_log()
    {
        await using var node = new FakeNode();
        var id = await RunAsync(node, Never.Replace("\"image\"", "\"terminationMessagePath\":\"/t\",\"terminationMessagePolicy\":\"FallbackToLogsOnError\",\"image\""), kills: 0);
        var file = node.Runtime.Containers.Single().Mounts.Single(m => m.ContainerPath == "/t").HostPath;
        await File.WriteAllTextAsync(file, "said");
        node.Runtime.TellExit(id, 2);
        await node.Until(() => node.Phase("p") == "Failed", "reported");
        Assert.Equal("said", (string?)Terminated(node)["message"]);

        Assert.Null(TerminationMessages.AtExit(new TerminationSource(null, OrLog: true), 2));
        Assert.Equal("", TerminationMessages.AtExit(new TerminationSource(null, OrLog: true), 0));
        Assert.Equal("", TerminationMessages.AtExit(new TerminationSource("/none", OrLog: false), 2));
    }

    [Fact]
    public async Task The_log_of_a_container_that_has_just_ended_is_not_complete_before_the_runtime_agrees()
    {
        await using var node = new FakeNode();
        var id = await RunAsync(node, Always, kills: 0);
        var log = new PodLogSource(() => node.Manager.Actors).Find("default", "p", "c", previous: false);
        Assert.Equal((true, false), (log.StillRunning(), log.Ending()));
        node.Runtime.TellExit(id, 0);
        await node.Until(() => node.ContainerStatus("p")!["state"]!["terminated"] is not null, "reported");
        Assert.Equal((true, true), (log.StillRunning(), log.Ending()));
        node.Runtime.Exit(id, 0, tell: false);
        await node.After(TimeSpan.FromMilliseconds(200), () => !log.StillRunning() && !log.Ending(), "complete");
    }

    [Fact]
    public async Task An_agent_that_restarts_after_an_exit_reads_the_runtime()
    {
        await using var node = new FakeNode();
        var id = await RunAsync(node, Never, kills: 0);
        await node.StopAsync();
        node.Runtime.Exit(id, 9);
        await node.RestartAsync();
        await node.Until(() => node.Phase("p") == "Failed", "reported");
        Assert.Equal(9, (int?)Terminated(node)["exitCode"]);
    }

    [Theory]
    [InlineData("memory/k8s.io/c/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n", 2L)]
    [InlineData("k8s.io/c/memory.events", "low 0\nhigh 0\nmax 7\noom 1\noom_kill 1\noom_group_kill 0\n", 1L)]
    [InlineData("k8s.io/c/memory.events", "low 0\noom_kill 0\n", 0L)]
    [InlineData("k8s.io/c/memory.events", "oom_kill many\n", null)]
    [InlineData("k8s.io/c/inner/memory.events", "oom_kill 0\n", null)]
    [InlineData("k8s.io/another/memory.events", "oom_kill 0\n", null)]
    public void The_kernel_counts_the_processes_it_killed_for_memory(string file, string text, long? expected)
    {
        var root = Directory.CreateTempSubdirectory("cgroups-").FullName;
        try
        {
            Write(Path.Combine(root, file), text);
            Assert.Equal(expected, new MemoryKills(root).Of("c"));
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    private static async Task<string> RunAsync(FakeNode node, string spec, long? kills)
    {
        node.Add("p", spec);
        await node.Until(() => node.Phase("p") == "Running", "pod runs");
        var id = node.Runtime.ContainerNamed("c");
        if (kills is { } count) Write(Path.Combine(node.CgroupRoot, "memory/k8s.io", id, "memory.oom_control"), $"under_oom 0\noom_kill {count}\n");
        return id;
    }

    private static void Write(string file, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
    }

    private static System.Text.Json.Nodes.JsonNode Terminated(FakeNode node) => node.ContainerStatus("p")!["state"]!["terminated"]!;
}
