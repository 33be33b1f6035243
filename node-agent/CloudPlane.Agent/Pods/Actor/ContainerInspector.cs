using CloudPlane.Cri;

namespace CloudPlane.Agent;

/// <summary>Brings a pod's actual state up to date after the runtime said that something happened.</summary>
internal sealed class ContainerInspector(PodServices services, PodState state, OperationSet operations)
{
    // containerd publishes a task's exit before its CRI plugin has noted it: the status follows within milliseconds.
    private static readonly int[] DelaysMilliseconds = [0, 1, 2, 4, 8, 16, 32, 64, 125, 250, 500, 1000];
    private const string ReadAllKey = "read";
    private bool _readAgain;

    /// <summary>A container or sandbox ended: how?</summary>
    public void Exited(string id)
    {
        if (state.Actual.Sandboxes.Any(s => s.Id == id)) ReadAll();
        else if (state.Actual.Find(id) is { Exited: false } container) operations.Start($"inspect:{id}", () => InspectAsync(container));
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
        operations.Start(ReadAllKey, async () =>
        {
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

    private async Task<Action> InspectAsync(RuntimeContainer container)
    {
        foreach (var delay in DelaysMilliseconds)
        {
            if (delay > 0) await Task.Delay(TimeSpan.FromMilliseconds(delay), services.Time).ConfigureAwait(false);
            var now = await services.Reader.ReadContainerAsync(container.Id, container.SandboxId, CancellationToken.None)
                .ConfigureAwait(false);
            if (now is null) return () => state.Actual = state.Actual.WithoutContainer(container.Id);
            if (now.Exited) return () => state.Actual = state.Actual.With(now);
        }
        // An overloaded runtime: looks again later, for the news does not come twice.
        return () => state.RetryAt[ReadAllKey] = services.Time.GetUtcNow() + TimeSpan.FromSeconds(5);
    }
}
