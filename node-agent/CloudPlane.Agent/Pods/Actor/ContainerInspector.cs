using CloudPlane.Cri;

namespace CloudPlane.Agent;

/// <summary>Brings a pod's actual state up to date after the runtime said that something happened.</summary>
internal sealed class ContainerInspector(PodServices services, PodState state, OperationSet operations)
{
    // containerd publishes a task's exit before its CRI plugin has noted it: the status follows within milliseconds.
    private static readonly int[] DelaysMilliseconds = [0, 1, 2, 4, 8, 16, 32, 64, 125, 250, 500, 1000];
    private const string ReadAllKey = "read";
    private bool _readAgain;
    private string? _endedSandbox;

    /// <summary>A container or sandbox ended: how? What its event tells is reported at once, and the runtime's own status awaited after it.</summary>
    public void Exited(string id, ContainerEnd? end)
    {
        if (state.Actual.Sandboxes.Any(s => s.Id == id))
        {
            _endedSandbox = id;
            ReadAll();
        }
        else if (state.Actual.Find(id) is { Exited: false } container)
        {
            // Now: the runtime removes the cgroup as soon as it has heard of the exit.
            var killed = services.MemoryKills.Of(id);
            if (Ended(container, end, killed) is { } ended) state.Actual = state.Actual.With(ended);
            operations.Start($"inspect:{id}", () => InspectAsync(container, outOfMemory: killed > 0));
        }
    }

    /// <summary>A process of a container was killed for its memory; the container may go on.</summary>
    public void OutOfMemory(string id)
    {
        if (state.Actual.Find(id) is { Exited: false } container)
            state.Actual = state.Actual.With(container with { Reason = RuntimeContainer.OutOfMemoryReason });
    }

    /// <summary>Reads the whole pod again; once more after a read that is under way, which may have missed what this one is for.</summary>
    public void ReadAll()
    {
        state.RetryAt.Remove(ReadAllKey);
        if (operations.Running(ReadAllKey))
        {
            _readAgain = true;
            return;
        }
        _readAgain = false;
        var ended = _endedSandbox;
        _endedSandbox = null;
        operations.Start(ReadAllKey, async () =>
        {
            // Under the same key: nothing may be started in a sandbox that has ended.
            if (ended is not null) await UntilNotReadyAsync(ended).ConfigureAwait(false);
            var read = await services.Reader.ReadAsync(state.Pod.Uid(), CancellationToken.None).ConfigureAwait(false);
            return () =>
            {
                state.Merge(read);
                if (_readAgain) ReadAll();
            };
        }, failed: () => state.RetryAt[ReadAllKey] = services.Time.GetUtcNow() + TimeSpan.FromSeconds(1));
    }

    /// <summary>Repeats a read that failed.</summary>
    public void Retry(DateTimeOffset now)
    {
        if (state.RetryAt.TryGetValue(ReadAllKey, out var at) && at <= now) ReadAll();
    }

    /// <summary>
    /// The container as its exit event leaves it: exactly what the runtime's status will say. Null when the event is not enough for that.
    /// </summary>
    private static RuntimeContainer? Ended(RuntimeContainer container, ContainerEnd? end, long? killed)
    {
        // Whether it was killed for its memory must be known, and its start: ours is the moment of the call's answer, which a short life does not reach.
        if (end is null || !container.Running || end.At < container.StartedAt || !container.OutOfMemory && killed is not 0) return null;
        if (TerminationMessages.AtExit(container.Termination, end.ExitCode) is not { } message) return null;
        return container with
        {
            State = RuntimeContainerState.Exited,
            ExitCode = end.ExitCode,
            FinishedAt = end.At,
            Message = message,
            StillWriting = true,
        };
    }

    private async Task<Action> InspectAsync(RuntimeContainer container, bool outOfMemory)
    {
        RuntimeContainer? now = null;
        foreach (var delay in DelaysMilliseconds)
        {
            if (delay > 0) await Task.Delay(TimeSpan.FromMilliseconds(delay), services.Time).ConfigureAwait(false);
            now = await services.Reader.ReadContainerAsync(container.Id, container.SandboxId, CancellationToken.None).ConfigureAwait(false);
            if (now is null) return () => state.Actual = state.Actual.WithoutContainer(container.Id);
            // That it was out of memory may reach the runtime after its exit.
            if (now.Exited && (now.OutOfMemory || !outOfMemory)) break;
        }
        return () =>
        {
            state.Merge(now!);
            // An overloaded runtime: looks again later, for the news does not come twice.
            if (!now!.Exited) ReadAllLater();
        };
    }

    private async Task UntilNotReadyAsync(string sandbox)
    {
        foreach (var delay in DelaysMilliseconds)
        {
            if (delay > 0) await Task.Delay(TimeSpan.FromMilliseconds(delay), services.Time).ConfigureAwait(false);
            if (await services.Reader.ReadSandboxAsync(sandbox, CancellationToken.None).ConfigureAwait(false) is not { Ready: true }) return;
        }
    }

    private void ReadAllLater() => state.RetryAt[ReadAllKey] = services.Time.GetUtcNow() + TimeSpan.FromSeconds(5);
}
