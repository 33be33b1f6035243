using CloudPlane.Client;

namespace CloudPlane.Agent;

/// <summary>Container statuses as the kubelet reports them: the newest instance is the state, the one before it lastState.</summary>
internal sealed class ContainerStatuses(PodStatusInput input)
{
    private const string LostMessage = "The container could not be located when the pod was terminated";
    private readonly string _initialReason = input.Pod.InitContainers().Count > 0 ? "PodInitializing" : "ContainerCreating";

    /// <summary>Sorted by name, as the kubelet sorts them.</summary>
    public IReadOnlyList<ContainerStatus> Regular() =>
        [.. input.Pod.Containers().Select(c => Of(c, init: false)).OrderBy(s => s.Name, StringComparer.Ordinal)];

    /// <summary>In the spec's order.</summary>
    public IReadOnlyList<ContainerStatus> Init() => [.. input.Pod.InitContainers().Select(c => Of(c, init: true))];

    private ContainerStatus Of(Container container, bool init)
    {
        var name = container.Name!;
        var latest = input.Actual.Latest(name);
        var previous = PreviousStatus(name, init);
        var status = latest is null ? WithoutInstance(container, previous) : FromInstance(container, latest, previous);
        if (input.Waiting.TryGetValue(name, out var waiting) && !input.Terminal && latest is not { Running: true })
            status = Waiting(status, waiting);
        return Marked(Ended(status, init), container, latest, init);
    }

    /// <summary>In a pod of which nothing will run again, nothing waits: what was initialized and never ended is lost (the kubelet's
    /// TerminatePod).</summary>
    private ContainerStatus Ended(ContainerStatus status, bool init)
    {
        if (!input.Terminal || init || status.State?.Terminated is not null || !HasInitialized()) return status;
        var lost = new ContainerStateTerminated { ExitCode = 137, Reason = "ContainerStatusUnknown", Message = LostMessage };
        return status with { State = new ContainerState { Terminated = lost } };
    }

    private bool HasInitialized() =>
        input.Pod.InitContainers().Count == 0 || input.Previous?.Conditions?.Any(c => c is { Type: "Initialized", Status: "True" }) == true;

    /// <summary>containerd has nothing of it: it never ran, or its remains were collected; then what was reported stays true.</summary>
    private ContainerStatus WithoutInstance(Container container, ContainerStatus? previous)
    {
        if (previous?.State?.Terminated is not null && (input.Terminal || previous.State.Terminated.ExitCode == 0)) return previous;
        var fresh = new ContainerStatus
        {
            Name = container.Name,
            Image = container.Image,
            ImageID = "",
            RestartCount = previous?.RestartCount ?? 0,
            LastState = previous?.State?.Terminated is { } ended ? new ContainerState { Terminated = ended } : previous?.LastState
                ?? new ContainerState(),
            State = new ContainerState { Waiting = new ContainerStateWaiting { Reason = _initialReason } },
        };
        if (previous?.State?.Running is not { } running) return fresh;
        // It ran and left no trace: its end is unknown, which is a failure.
        var lost = new ContainerState
        {
            Terminated =
            new ContainerStateTerminated
            {
                ExitCode = 137,
                Reason = "ContainerStatusUnknown",
                Message = LostMessage,
                StartedAt = running.StartedAt,
                FinishedAt = Seconds(input.Now),
                ContainerID = previous.ContainerID
            }
        };
        return input.Terminal ? fresh with { State = lost } : fresh with { LastState = lost };
    }

    private ContainerStatus FromInstance(Container container, RuntimeContainer latest, ContainerStatus? previous) => new()
    {
        Name = container.Name,
        AllocatedResources = container.Resources?.Requests is { Count: > 0 } requests ? requests : null,
        Resources = container.Resources is { } resources && (resources.Requests ?? resources.Limits) is { Count: > 0 } ? resources : null,
        VolumeMounts = Mounts(container),
        Image = latest.Image.Length > 0 ? latest.Image : container.Image,
        ImageID = latest.ImageId,
        ContainerID = ContainerId(latest),
        RestartCount = latest.RestartCount,
        State = StateOf(latest),
        LastState = LastState(latest, previous),
    };

    private static IReadOnlyList<VolumeMountStatus>? Mounts(Container container) =>
        container.VolumeMounts is not { Count: > 0 } mounts ? null
        : [.. mounts.Select(m => new VolumeMountStatus { Name = m.Name, MountPath = m.MountPath, ReadOnly = m.ReadOnly == true
            ? true : null, RecursiveReadOnly = m.ReadOnly == true ? "Disabled" : null })];

    private ContainerState LastState(RuntimeContainer latest, ContainerStatus? previous)
    {
        if (input.Actual.Previous(latest.Name) is { Exited: true } before) return StateOf(before);
        // The earlier instance was collected; what was reported of it holds.
        if (previous?.ContainerID == ContainerId(latest)) return previous.LastState ?? new ContainerState();
        return previous?.State?.Terminated is { } ended ? new ContainerState { Terminated = ended } : new ContainerState();
    }

    private static ContainerStatus Waiting(ContainerStatus status, WaitingReason waiting) => status with
    {
        LastState = status.State?.Terminated is { } ended ? new ContainerState { Terminated = ended } : status.LastState,
        State = new ContainerState { Waiting = new ContainerStateWaiting { Reason = waiting.Reason, Message = waiting.Message } },
    };

    private ContainerStatus Marked(ContainerStatus status, Container container, RuntimeContainer? latest, bool init)
    {
        var running = latest is { Running: true } && status.State?.Running is not null;
        var (started, ready) = running ? input.Probes(latest!) : (false, false);
        if (init && !container.IsSidecar()) ready = status.State?.Terminated is { ExitCode: 0 };
        return status with { Started = started, Ready = ready };
    }

    private ContainerStatus? PreviousStatus(string name, bool init) =>
        (init ? input.Previous?.InitContainerStatuses : input.Previous?.ContainerStatuses)?.FirstOrDefault(s => s.Name == name);

    private ContainerState StateOf(RuntimeContainer container) => container.State switch
    {
        RuntimeContainerState.Running => new() { Running = new ContainerStateRunning { StartedAt = Seconds(container.StartedAt) } },
        RuntimeContainerState.Created => new() { Waiting = new ContainerStateWaiting { Reason = _initialReason } },
        RuntimeContainerState.Exited => new() { Terminated = Ended(container) },
        _ => new() { Terminated = Ended(container) with { ExitCode = 137, Reason = "ContainerStatusUnknown", Message = LostMessage } },
    };

    private static ContainerStateTerminated Ended(RuntimeContainer container) => new()
    {
        ContainerID = ContainerId(container),
        ExitCode = container.ExitCode,
        Reason = container.Reason.Length > 0 ? container.Reason : container.ExitCode == 0 ? "Completed" : "Error",
        Message = container.Message.Length > 0 ? container.Message : null,
        StartedAt = Seconds(container.StartedAt),
        FinishedAt = Seconds(container.FinishedAt),
    };

    private static string ContainerId(RuntimeContainer container) => $"containerd://{container.Id}";

    /// <summary>The API's times have whole seconds; a status must not differ from its own echo by a fraction.</summary>
    private static DateTimeOffset Seconds(DateTimeOffset time) => ApiTime.WholeSeconds(time);
}
