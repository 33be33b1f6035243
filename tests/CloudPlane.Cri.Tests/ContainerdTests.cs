using CloudPlane.Cri.V1;
using CloudPlane.EndToEnd.Tests;

namespace CloudPlane.Cri.Tests;

/// <summary>One containerd with a pod network for all tests of this file.</summary>
public sealed class ContainerdFixture : IAsyncLifetime
{
    internal TestNode Node { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Node = await TestNode.StartAsync("e", "10.244.5.0/24", "127.0.0.1");
        await Node.Network.ReconcileAsync([Node.Node], default);
        await Node.NetworkReadyAsync();
    }

    public async Task DisposeAsync()
    {
        await Node.DisposeAsync();
        Assert.False(Directory.Exists(Node.Containerd.Root));
        Assert.DoesNotContain(Node.Containerd.Root, await File.ReadAllTextAsync("/proc/mounts"));
        Assert.DoesNotContain(Directory.GetDirectories("/proc"), IsOurs);
    }

    private bool IsOurs(string process)
    {
        try
        {
            return File.ReadAllText(Path.Combine(process, "cmdline")).Contains(Node.Containerd.Root + "/", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false;
        }
    }
}

/// <summary>The client against the real containerd.</summary>
public sealed class ContainerdTests(ContainerdFixture fixture) : IClassFixture<ContainerdFixture>
{
    private const string Busybox = "cloudplane.local/busybox:1";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly TestNode _node = fixture.Node;

    private ICriRuntime Runtime => _node.Runtime;

    [Fact]
    public async Task The_runtime_tells_its_version_and_condition()
    {
        var version = await Runtime.VersionAsync(new VersionRequest { Version = "0.1.0" }, default);
        Assert.Equal(("containerd", "v1"), (version.RuntimeName, version.RuntimeApiVersion));
        var status = await Runtime.StatusAsync(new StatusRequest { Verbose = true }, default);
        Assert.All(status.Status.Conditions, condition => Assert.True(condition.Status, condition.Message));
        Assert.Contains("config", status.Info.Keys);
    }

    [Fact]
    public async Task Imported_images_are_present_and_others_are_not()
    {
        foreach (var name in new[] { Busybox, "cloudplane.local/hello:1", "cloudplane.local/pause:1" })
        {
            var image = (await Runtime.ImageStatusAsync(new ImageStatusRequest { Image = new ImageSpec { Image = name } }, default)).Image;
            Assert.Equal([name], image.RepoTags);
            Assert.StartsWith("sha256:", image.Id);
        }
        Assert.Equal(3, (await Runtime.ListImagesAsync(new ListImagesRequest(), default)).Images.Count);
        Assert.Null((await Runtime.ImageStatusAsync(new ImageStatusRequest { Image = new ImageSpec { Image = "cloudplane.local/none:1" } }, default)).Image);
        Assert.NotEmpty((await Runtime.ImageFsInfoAsync(new ImageFsInfoRequest(), default)).ImageFilesystems);
    }

    [Fact]
    public async Task A_pull_that_fails_says_why()
    {
        var e = await Assert.ThrowsAsync<CriException>(
            () => Runtime.PullImageAsync(new PullImageRequest { Image = new ImageSpec { Image = "127.0.0.1:21699/nobody/home:1" } }, default));
        Assert.Equal("PullImage", e.Method);
        Assert.Contains("127.0.0.1:21699", e.Message);
    }

    [Fact]
    public async Task A_pod_runs_is_executed_in_logs_and_ends()
    {
        var pod = await _node.RunPodAsync("life", Busybox, "sh", "-c", "echo out; echo err >&2; trap 'exit 7' TERM; while :; do sleep 0.05; done");
        Assert.StartsWith("10.244.5.", pod.Ip);
        Assert.Equal("life\n", await _node.ExecAsync(pod.Container, "hostname"));

        var failed = await Runtime.ExecSyncAsync(new ExecSyncRequest { ContainerId = pod.Container, Cmd = { "sh", "-c", "echo no >&2; exit 3" } }, default);
        Assert.Equal((3, "no\n"), (failed.ExitCode, failed.Stderr.ToStringUtf8()));
        var slow = await Assert.ThrowsAsync<CriException>(
            () => Runtime.ExecSyncAsync(new ExecSyncRequest { ContainerId = pod.Container, Cmd = { "sleep", "100" }, Timeout = 1 }, default));
        Assert.Equal(CriStatusCode.DeadlineExceeded, slow.Code);

        await Runtime.StopContainerAsync(new StopContainerRequest { ContainerId = pod.Container, Timeout = 30 }, default);
        var status = (await Runtime.ContainerStatusAsync(new ContainerStatusRequest { ContainerId = pod.Container }, default)).Status;
        Assert.Equal((ContainerState.ContainerExited, 7, "Error"), (status.State, status.ExitCode, status.Reason));
        Assert.True(status.StartedAt > 0 && status.FinishedAt >= status.StartedAt);

        var log = (await File.ReadAllLinesAsync(status.LogPath)).Select(line => string.Join(' ', line.Split(' ')[1..])).Order();
        Assert.Equal(["stderr F err", "stdout F out"], log);

        await Runtime.RemoveContainerAsync(new RemoveContainerRequest { ContainerId = pod.Container }, default);
        var gone = await Assert.ThrowsAsync<CriException>(
            () => Runtime.ContainerStatusAsync(new ContainerStatusRequest { ContainerId = pod.Container }, default));
        Assert.True(gone.IsNotFound);
    }

    [Fact]
    public async Task A_command_that_does_not_exist_fails_the_start()
    {
        var e = await Assert.ThrowsAsync<CriException>(() => _node.RunPodAsync("bad-command", Busybox, "/no/such/thing"));
        Assert.Equal("StartContainer", e.Method);
        Assert.Contains("no such file or directory", e.Message);
    }

    [Fact]
    public async Task Events_tell_of_starts_exits_and_memory_kills_and_of_a_restart_of_the_runtime()
    {
        using var stop = new CancellationTokenSource(Patience);
        await using var events = Runtime.WatchEventsAsync(stop.Token).GetAsyncEnumerator();
        Assert.True(await events.MoveNextAsync());
        Assert.Equal(RuntimeEventKind.Resync, events.Current.Kind);

        var pod = await _node.RunPodAsync("events", Busybox, "sh", "-c", "sleep 0.2; exit 1");
        await UntilAsync(RuntimeEventKind.Started, pod.Container);
        // The exec's own exit is not the container's.
        var exit = await UntilAsync(RuntimeEventKind.Exited, pod.Container);
        var status = await ExitedAsync(pod.Container);
        Assert.Equal((1, (int?)1), (status.ExitCode, exit.ExitCode));
        Assert.Equal(DateTimeOffset.UnixEpoch.AddTicks(status.FinishedAt / 100), exit.At);

        await Runtime.StopPodSandboxAsync(new StopPodSandboxRequest { PodSandboxId = pod.Sandbox }, default);
        await UntilAsync(RuntimeEventKind.Exited, pod.Sandbox);

        // Pods live on while the daemon is away, and events come again afterwards.
        var survivor = await _node.RunPodAsync("survivor", Busybox, "sleep", "1000");
        await UntilAsync(RuntimeEventKind.Started, survivor.Container);
        await _node.Containerd.KillDaemonAsync();
        var e = await Assert.ThrowsAsync<CriException>(() => Runtime.StatusAsync(new StatusRequest(), default));
        Assert.True(e.IsUnavailable);
        await _node.Containerd.StartDaemonAsync();
        await UntilAsync(RuntimeEventKind.Resync, "");
        var after = (await Runtime.ContainerStatusAsync(new ContainerStatusRequest { ContainerId = survivor.Container }, default)).Status;
        Assert.Equal(ContainerState.ContainerRunning, after.State);
        await Runtime.StopPodSandboxAsync(new StopPodSandboxRequest { PodSandboxId = survivor.Sandbox }, default);
        await UntilAsync(RuntimeEventKind.Exited, survivor.Container);

        async Task<RuntimeEvent> UntilAsync(RuntimeEventKind kind, string id)
        {
            while (await events.MoveNextAsync())
            {
                if (events.Current.Kind == kind && events.Current.ContainerId == id)
                    return events.Current;
            }
            throw new InvalidOperationException("the events ended");
        }
    }

    [Fact]
    public async Task A_container_over_its_memory_is_told_as_killed_for_it()
    {
        using var stop = new CancellationTokenSource(Patience);
        await using var events = Runtime.WatchEventsAsync(stop.Token).GetAsyncEnumerator();
        Assert.True(await events.MoveNextAsync());

        var sandbox = await _node.RunPodAsync("memory", Busybox, "sleep", "1000");
        var created = await Runtime.CreateContainerAsync(
            new CreateContainerRequest
            {
                PodSandboxId = sandbox.Sandbox,
                SandboxConfig = sandbox.Config,
                Config = new ContainerConfig
                {
                    Metadata = new ContainerMetadata { Name = "hungry" },
                    Image = new ImageSpec { Image = Busybox },
                    Command = { "sh", "-c", "exec tail /dev/zero" },
                    LogPath = "hungry.log",
                    Linux = new LinuxContainerConfig { Resources = new LinuxContainerResources { MemoryLimitInBytes = 16 << 20 } },
                },
            },
            default);
        await Runtime.StartContainerAsync(new StartContainerRequest { ContainerId = created.ContainerId }, default);
        var seen = new List<RuntimeEventKind>();
        while (!seen.Contains(RuntimeEventKind.Exited) && await events.MoveNextAsync())
        {
            if (events.Current.ContainerId == created.ContainerId)
                seen.Add(events.Current.Kind);
        }
        var status = await ExitedAsync(created.ContainerId);
        Assert.Equal((137, "OOMKilled"), (status.ExitCode, status.Reason));
    }

    [Fact]
    public async Task A_log_is_reopened_after_its_rotation()
    {
        var pod = await _node.RunPodAsync("rotated", Busybox, "sh", "-c", "i=0; while :; do echo $i; i=$((i+1)); sleep 0.01; done");
        var log = (await Runtime.ContainerStatusAsync(new ContainerStatusRequest { ContainerId = pod.Container }, default)).Status.LogPath;
        await WaitForBytesAsync(log);
        File.Move(log, log + ".1");
        await Runtime.ReopenContainerLogAsync(new ReopenContainerLogRequest { ContainerId = pod.Container }, default);
        await WaitForBytesAsync(log);
        await Runtime.StopPodSandboxAsync(new StopPodSandboxRequest { PodSandboxId = pod.Sandbox }, default);

        var lines = (await File.ReadAllLinesAsync(log + ".1")).Concat(await File.ReadAllLinesAsync(log)).Select(line => line.Split(' ')[3]).ToArray();
        Assert.Equal(Enumerable.Range(0, lines.Length).Select(i => $"{i}"), lines);
    }

    /// <summary>The status of a container whose exit was told: CRI's own follows.</summary>
    private async Task<ContainerStatus> ExitedAsync(string id)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (true)
        {
            var status = (await Runtime.ContainerStatusAsync(new ContainerStatusRequest { ContainerId = id }, patience.Token)).Status;
            if (status.State == ContainerState.ContainerExited)
                return status;
            await Task.Delay(10, patience.Token);
        }
    }

    private static async Task WaitForBytesAsync(string file)
    {
        for (var attempt = 0; attempt < 500 && !(new FileInfo(file) is { Exists: true, Length: > 0 }); attempt++)
            await Task.Delay(10);
    }
}
