using System.Collections.Concurrent;
using System.Threading.Channels;
using CloudPlane.Cri;
using CloudPlane.Cri.V1;

namespace CloudPlane.Agent.Tests;

/// <summary>containerd for tests: sandboxes and containers in memory, ends told by the test, calls recorded, failures on demand.</summary>
internal sealed class FakeRuntime(TimeProvider time) : ICriRuntime
{
    private readonly Lock _lock = new();
    private readonly Channel<RuntimeEvent> _events = Channel.CreateUnbounded<RuntimeEvent>();
    private readonly Dictionary<string, PodSandboxStatus> _sandboxes = [];
    private readonly Dictionary<string, ContainerStatus> _containers = [];
    private readonly Dictionary<string, string> _sandboxOf = [];
    private readonly ConcurrentDictionary<string, int> _statuses = new();
    private int _next;

    /// <summary>"Method argument" of each call that changes something.</summary>
    public ConcurrentQueue<string> Calls { get; } = new();

    /// <summary>Called before each call that changes something, with its name; may throw a <see cref="CriException"/>.</summary>
    public Func<string, string, Task>? Before { get; set; }

    /// <summary>Names of images that are present.</summary>
    public ConcurrentDictionary<string, bool> Images { get; } = new() { ["busybox:1"] = true };

    /// <summary>What a stop signal does; the default ends the container with 143.</summary>
    public Func<string, int?> OnStop { get; set; } = _ => 143;

    public Func<string, IReadOnlyList<string>, ExecSyncResponse> OnExec { get; set; } = (_, _) => new ExecSyncResponse();

    public IReadOnlyList<ContainerStatus> Containers { get { lock (_lock) return [.. _containers.Values.Select(c => c.Clone())]; } }
    public IReadOnlyList<PodSandboxStatus> Sandboxes { get { lock (_lock) return [.. _sandboxes.Values.Select(s => s.Clone())]; } }

    public string ContainerNamed(string name) => Containers.Where(c => c.Metadata.Name == name).MaxBy(c => c.Metadata.Attempt)!.Id;

    private async Task Ended(string id)
    {
        while (Containers.Any(c => c.Id == id && c.State == ContainerState.ContainerRunning)) await Task.Delay(5);
    }

    /// <summary>containerd 1.6 tells of an exit, and with which code, before its own status says so; that follows by Exit.</summary>
    public void TellExit(string id, int code) =>
        _events.Writer.TryWrite(new RuntimeEvent(RuntimeEventKind.Exited, id, time.GetUtcNow(), code));

    public void TellOutOfMemory(string id) => Tell(RuntimeEventKind.OutOfMemory, id);

    /// <summary>How often a container's status was asked for.</summary>
    public int StatusesOf(string id) => _statuses.GetValueOrDefault(id);

    /// <summary>The runtime learns why a container ended.</summary>
    public void SetReason(string id, string reason)
    {
        lock (_lock) _containers[id].Reason = reason;
    }

    /// <summary>A container's process ends.</summary>
    public void Exit(string id, int code, string reason = "", bool tell = true)
    {
        lock (_lock)
        {
            if (!_containers.TryGetValue(id, out var container) || container.State != ContainerState.ContainerRunning) return;
            container.State = ContainerState.ContainerExited;
            container.ExitCode = code;
            container.FinishedAt = Now();
            container.Reason = reason.Length > 0 ? reason : code == 0 ? "Completed" : "Error";
        }
        if (tell) Tell(RuntimeEventKind.Exited, id);
    }

    public void KillSandbox(string id)
    {
        lock (_lock) _sandboxes[id].State = PodSandboxState.SandboxNotready;
        // First: a container whose end is known before its sandbox's is started anew in it.
        Tell(RuntimeEventKind.Exited, id);
        foreach (var container in Containers.Where(c => _sandboxOf[c.Id] == id)) Exit(container.Id, 137);
    }

    public void Resync() => Tell(RuntimeEventKind.Resync, "");

    public Task<VersionResponse> VersionAsync(VersionRequest request, CancellationToken cancellationToken) =>
        Task.FromResult(new VersionResponse
        {
            Version = "v1",
            RuntimeName = "containerd",
            RuntimeVersion = "fake",
            RuntimeApiVersion = "v1"
        });

    public Task<StatusResponse> StatusAsync(StatusRequest request, CancellationToken cancellationToken) =>
        Task.FromResult(new StatusResponse
        {
            Status = new RuntimeStatus
            {
                Conditions =
            { new RuntimeCondition { Type = "RuntimeReady", Status = true },
            new RuntimeCondition { Type = "NetworkReady", Status = true } }
            },
        });

    public async Task<RunPodSandboxResponse> RunPodSandboxAsync(RunPodSandboxRequest request, CancellationToken cancellationToken)
    {
        await CallAsync("RunPodSandbox", request.Config.Metadata.Name);
        lock (_lock)
        {
            var id = $"sandbox{++_next}";
            _sandboxes[id] = new PodSandboxStatus
            {
                Id = id,
                Metadata = request.Config.Metadata,
                State = PodSandboxState.SandboxReady,
                CreatedAt = Now(),
                Network = new PodSandboxNetworkStatus { Ip = $"10.244.0.{_next + 1}" },
                Labels = { request.Config.Labels },
                Annotations = { request.Config.Annotations },
            };
            return new RunPodSandboxResponse { PodSandboxId = id };
        }
    }

    public async Task<StopPodSandboxResponse> StopPodSandboxAsync(StopPodSandboxRequest request, CancellationToken cancellationToken)
    {
        await CallAsync("StopPodSandbox", request.PodSandboxId);
        lock (_lock) if (_sandboxes.TryGetValue(request.PodSandboxId, out var sandbox)) sandbox.State = PodSandboxState.SandboxNotready;
        foreach (var container in Containers.Where(c => _sandboxOf[c.Id] == request.PodSandboxId)) Exit(container.Id, 137);
        return new StopPodSandboxResponse();
    }

    public async Task<RemovePodSandboxResponse> RemovePodSandboxAsync(RemovePodSandboxRequest request, CancellationToken cancellationToken)
    {
        await CallAsync("RemovePodSandbox", request.PodSandboxId);
        lock (_lock)
        {
            _sandboxes.Remove(request.PodSandboxId);
            foreach (var id in _containers.Keys.Where(c => _sandboxOf[c] == request.PodSandboxId).ToArray()) _containers.Remove(id);
        }
        return new RemovePodSandboxResponse();
    }

    public Task<PodSandboxStatusResponse> PodSandboxStatusAsync(PodSandboxStatusRequest request, CancellationToken cancellationToken)
    {
        lock (_lock) return Task.FromResult(
            new PodSandboxStatusResponse
            {
                Status = _sandboxes.TryGetValue(request.PodSandboxId, out var status)
            ? status.Clone() : throw NotFound(request.PodSandboxId)
            });
    }

    public Task<ListPodSandboxResponse> ListPodSandboxAsync(ListPodSandboxRequest request, CancellationToken cancellationToken)
    {
        var response = new ListPodSandboxResponse();
        lock (_lock)
            response.Items.AddRange(_sandboxes.Values.Where(s => Matches(request.Filter?.LabelSelector, s.Labels))
                .Select(s => new PodSandbox
                {
                    Id = s.Id,
                    Metadata = s.Metadata,
                    State = s.State,
                    CreatedAt = s.CreatedAt,
                    Labels = { s.Labels },
                    Annotations = { s.Annotations }
                }));
        return Task.FromResult(response);
    }

    public async Task<CreateContainerResponse> CreateContainerAsync(CreateContainerRequest request, CancellationToken cancellationToken)
    {
        await CallAsync("CreateContainer", request.Config.Metadata.Name);
        lock (_lock)
        {
            var id = $"container{++_next}";
            _sandboxOf[id] = request.PodSandboxId;
            _containers[id] = new ContainerStatus
            {
                Id = id,
                Metadata = request.Config.Metadata,
                State = ContainerState.ContainerCreated,
                CreatedAt = Now(),
                Image = request.Config.Image,
                ImageRef = "sha256:1",
                Labels = { request.Config.Labels },
                Annotations = { request.Config.Annotations },
                Mounts = { request.Config.Mounts },
            };
            return new CreateContainerResponse { ContainerId = id };
        }
    }

    public async Task<StartContainerResponse> StartContainerAsync(StartContainerRequest request, CancellationToken cancellationToken)
    {
        string name;
        lock (_lock) name = _containers[request.ContainerId].Metadata.Name;
        try
        {
            await CallAsync("StartContainer", name);
        }
        catch (CriException e)
        {
            // As containerd: a container whose start failed has exited with 128.
            lock (_lock)
            {
                var failed = _containers[request.ContainerId];
                (failed.State, failed.ExitCode, failed.Reason, failed.Message) =
                    (ContainerState.ContainerExited, 128, "StartError", e.Message);
                failed.StartedAt = 0;
                failed.FinishedAt = Now();
            }
            throw;
        }
        lock (_lock)
        {
            var container = _containers[request.ContainerId];
            container.State = ContainerState.ContainerRunning;
            container.StartedAt = Now();
        }
        return new StartContainerResponse();
    }

    public async Task<StopContainerResponse> StopContainerAsync(StopContainerRequest request, CancellationToken cancellationToken)
    {
        string name;
        lock (_lock) name = _containers.TryGetValue(request.ContainerId, out var known)
            ? known.Metadata.Name : throw NotFound(request.ContainerId);
        await CallAsync("StopContainer", $"{name} {request.Timeout}");
        if (OnStop(name) is { } code) Exit(request.ContainerId, code);
        else if (request.Timeout > 0)
        {
            // Until the process ends, or the time is over.
            await Task.WhenAny(Task.Delay(TimeSpan.FromSeconds(request.Timeout), time, cancellationToken), Ended(request.ContainerId));
            Exit(request.ContainerId, 137);
        }
        else Exit(request.ContainerId, 137);
        return new StopContainerResponse();
    }

    public async Task<RemoveContainerResponse> RemoveContainerAsync(RemoveContainerRequest request, CancellationToken cancellationToken)
    {
        await CallAsync("RemoveContainer", request.ContainerId);
        lock (_lock) _containers.Remove(request.ContainerId);
        return new RemoveContainerResponse();
    }

    public Task<ListContainersResponse> ListContainersAsync(ListContainersRequest request, CancellationToken cancellationToken)
    {
        var response = new ListContainersResponse();
        lock (_lock)
            response.Containers.AddRange(_containers.Values.Where(c => Matches(request.Filter?.LabelSelector, c.Labels))
                .Select(c => new Container
                {
                    Id = c.Id,
                    PodSandboxId = _sandboxOf[c.Id],
                    Metadata = c.Metadata,
                    State = c.State,
                    CreatedAt = c.CreatedAt,
                    Labels = { c.Labels },
                    Annotations = { c.Annotations }
                }));
        return Task.FromResult(response);
    }

    public Task<ContainerStatusResponse> ContainerStatusAsync(ContainerStatusRequest request, CancellationToken cancellationToken)
    {
        _statuses.AddOrUpdate(request.ContainerId, 1, (_, count) => count + 1);
        lock (_lock) return Task.FromResult(
            new ContainerStatusResponse
            {
                Status = _containers.TryGetValue(request.ContainerId, out var status)
            ? status.Clone() : throw NotFound(request.ContainerId)
            });
    }

    public async Task<ExecSyncResponse> ExecSyncAsync(ExecSyncRequest request, CancellationToken cancellationToken)
    {
        string name;
        lock (_lock) name = _containers[request.ContainerId].Metadata.Name;
        await CallAsync("ExecSync", $"{name} {string.Join(' ', request.Cmd)}");
        return OnExec(name, request.Cmd);
    }

    public Task<ImageStatusResponse> ImageStatusAsync(ImageStatusRequest request, CancellationToken cancellationToken)
    {
        var present = Images.ContainsKey(request.Image.Image);
        return Task.FromResult(present
            ? new ImageStatusResponse
            {
                Image =
            new Image { Id = "sha256:1", RepoTags = { request.Image.Image }, Size = 7, Uid = new Int64Value { Value = 0 } }
            }
            : new ImageStatusResponse());
    }

    public async Task<PullImageResponse> PullImageAsync(PullImageRequest request, CancellationToken cancellationToken)
    {
        await CallAsync("PullImage", request.Image.Image);
        Images[request.Image.Image] = true;
        return new PullImageResponse { ImageRef = "sha256:1" };
    }

    public Task<ListImagesResponse> ListImagesAsync(ListImagesRequest request, CancellationToken cancellationToken) =>
        Task.FromResult(new ListImagesResponse());

    public async IAsyncEnumerable<RuntimeEvent> WatchEventsAsync(
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        yield return new RuntimeEvent(RuntimeEventKind.Resync, "", time.GetUtcNow());
        await foreach (var happened in _events.Reader.ReadAllAsync(cancellationToken)) yield return happened;
    }

    public Task<UpdateRuntimeConfigResponse> UpdateRuntimeConfigAsync(UpdateRuntimeConfigRequest request,
        CancellationToken cancellationToken) => throw new NotSupportedException();
    public Task<UpdateContainerResourcesResponse> UpdateContainerResourcesAsync(UpdateContainerResourcesRequest request,
        CancellationToken cancellationToken) => throw new NotSupportedException();
    public Task<ReopenContainerLogResponse> ReopenContainerLogAsync(ReopenContainerLogRequest request,
        CancellationToken cancellationToken) => throw new NotSupportedException();
    public Task<ExecResponse> ExecAsync(ExecRequest request, CancellationToken cancellationToken) => throw new NotSupportedException();
    public Task<AttachResponse> AttachAsync(AttachRequest request, CancellationToken cancellationToken) =>
        throw new NotSupportedException();
    public Task<PortForwardResponse> PortForwardAsync(PortForwardRequest request, CancellationToken cancellationToken) =>
        throw new NotSupportedException();
    public Task<ContainerStatsResponse> ContainerStatsAsync(ContainerStatsRequest request, CancellationToken cancellationToken) =>
        throw new NotSupportedException();
    public Task<ListContainerStatsResponse> ListContainerStatsAsync(ListContainerStatsRequest request,
        CancellationToken cancellationToken) => throw new NotSupportedException();
    public Task<RemoveImageResponse> RemoveImageAsync(RemoveImageRequest request, CancellationToken cancellationToken) =>
        throw new NotSupportedException();
    public Task<ImageFsInfoResponse> ImageFsInfoAsync(ImageFsInfoRequest request, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    private async Task CallAsync(string method, string argument)
    {
        Calls.Enqueue($"{method} {argument}");
        if (Before is { } before) await before(method, argument);
    }

    private void Tell(RuntimeEventKind kind, string id) => _events.Writer.TryWrite(new RuntimeEvent(kind, id, time.GetUtcNow()));

    private long Now() => (time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * 100;

    private static bool Matches(IDictionary<string, string>? selector, IDictionary<string, string> labels) =>
        selector is null || selector.All(s => labels.TryGetValue(s.Key, out var value) && value == s.Value);

    private static CriException NotFound(string id) => new(CriStatusCode.NotFound, $"{id} not found");
}
