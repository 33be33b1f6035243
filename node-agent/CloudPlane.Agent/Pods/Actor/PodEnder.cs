using CloudPlane.Client;
using CloudPlane.Cri;

namespace CloudPlane.Agent;

/// <summary>Decides that a pod is to stop, stops it, and sees to it that nothing is left.</summary>
internal sealed class PodEnder(PodServices services, PodState state, OperationSet operations, PodStatusReporter reporter, PodRunner runner,
    CancellationToken agentStopping)
{
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(2);
    private readonly Dictionary<string, long> _graces = [];
    private DateTimeOffset _stoppingSince;

    public void Decide(DateTimeOffset now)
    {
        if (state.Removed || state.Pod.Deleting())
            state.Stop = (state.Stop ?? new PodStop(null, 0)) with { GraceSeconds = state.Pod.GracePeriodSeconds() };
        else if (state.Stop is not null) return;
        else if (state.Pod.Terminal()) state.Stop = new PodStop(null, state.Pod.GracePeriodSeconds());
        else if (Deadline() <= now)
        {
            const string Message = "Pod was active on the node longer than the specified deadline";
            services.Events.Pod(state.Pod, null, EventTypes.Normal, "DeadlineExceeded", Message);
            state.Stop = new PodStop(new PodFailure("DeadlineExceeded", Message), state.Pod.GracePeriodSeconds());
        }
    }

    /// <summary>When to look again by the clock alone.</summary>
    public DateTimeOffset? NextWake(DateTimeOffset now) => state.Stop is null && Deadline() is var at && at > now ? at : null;

    public void Step(DateTimeOffset now)
    {
        runner.StopStarting();
        if (_stoppingSince == default) _stoppingSince = now;
        if (state.Stopped)
        {
            Forget(now);
            return;
        }
        StopContainers(now);
        if (!operations.Any && !state.Actual.Containers.Any(c => c.Running) && state.MayRetry("teardown", now)) TearDown();
    }

    private DateTimeOffset? Deadline() =>
        state.Pod.Spec?.ActiveDeadlineSeconds is { } seconds && (state.Pod.Status?.StartTime ?? reporter.Latest?.StartTime) is { } start
            ? start.AddSeconds(seconds) : null;

    /// <summary>All containers at once; sidecars after them, the last started first (KEP-753).</summary>
    private void StopContainers(DateTimeOffset now)
    {
        var sidecars = state.Pod.InitContainers().Where(c => c.IsSidecar()).Select(c => c.Name).Reverse().ToArray();
        var running = state.Actual.Containers.Where(c => c.Running).ToArray();
        var regular = running.Where(c => !sidecars.Contains(c.Name)).ToArray();
        foreach (var container in regular) Stop(container, now);
        if (regular.Length > 0 || operations.RunningAny("start:")) return;
        foreach (var name in sidecars)
        {
            if (running.FirstOrDefault(c => c.Name == name) is not { } container) continue;
            Stop(container, now);
            return;
        }
    }

    private void Stop(RuntimeContainer container, DateTimeOffset now)
    {
        var key = $"stop:{container.Id}";
        var grace = Math.Max(0, state.Stop!.GraceSeconds - (long)(now - _stoppingSince).TotalSeconds);
        if (!operations.Running(key))
        {
            _graces[container.Id] = state.Stop.GraceSeconds;
            runner.Stop(container, "", grace);
        }
        else if (state.Stop.GraceSeconds < _graces.GetValueOrDefault(container.Id, PodSpecs.DefaultGracePeriodSeconds))
        {
            // A second deletion with a shorter period: another stop with the new deadline beside the first.
            _graces[container.Id] = state.Stop.GraceSeconds;
            operations.Start($"hurry:{container.Id}:{grace}", async () =>
            {
                await services.Stopper.SignalAsync(container.Id, grace, agentStopping).ConfigureAwait(false);
                return await runner.ReadAsync(container).ConfigureAwait(false);
            });
        }
    }

    private void TearDown()
    {
        var pod = state.Pod;
        var sandboxes = state.Actual.Sandboxes;
        operations.Start("teardown", async () =>
        {
            foreach (var sandbox in sandboxes) await services.Sandboxes.StopAsync(sandbox.Id, agentStopping).ConfigureAwait(false);
            services.Volumes.Remove(pod.Uid());
            var read = sandboxes.IsEmpty ? null : await services.Reader.ReadAsync(pod.Uid(), agentStopping).ConfigureAwait(false);
            return () =>
            {
                if (read is not null) state.Merge(read);
                state.Stopped = true;
            };
        }, failed: () => state.RetryAt["teardown"] = services.Time.GetUtcNow() + RetryDelay);
    }

    /// <summary>The API is told first (with the last status), so that a user sees a deletion end when the containers have; the rest
    /// follows.</summary>
    private void Forget(DateTimeOffset now)
    {
        if (state.Removed || state.Deleted) RemoveAll(now);
        else if (state.Pod.Deleting() && state.MayRetry("delete", now))
            operations.Start("delete", DeleteAsync, failed: () => state.RetryAt["delete"] = services.Time.GetUtcNow() + RetryDelay);
    }

    private async Task<Action> DeleteAsync()
    {
        var pod = state.Pod;
        await reporter.FlushAsync(agentStopping).ConfigureAwait(false);
        try
        {
            var options = new DeleteOptions { GracePeriodSeconds = 0, Preconditions = new Preconditions { Uid = pod.Uid() } };
            await services.Api.DeleteAsync<Pod>(pod.Namespace(), pod.Name(), options, agentStopping).ConfigureAwait(false);
        }
        // Gone already, or another pod has its name now: this one is no more.
        catch (ApiException e) when (e.IsNotFound || e.IsConflict)
        {
        }
        return () => state.Deleted = true;
    }

    private void RemoveAll(DateTimeOffset now)
    {
        if (!state.MayRetry("remove", now)) return;
        var pod = state.Pod;
        var sandboxes = state.Actual.Sandboxes;
        operations.Start("remove", async () =>
        {
            foreach (var sandbox in sandboxes) await services.Sandboxes.RemoveAsync(sandbox.Id, agentStopping).ConfigureAwait(false);
            if (Directory.Exists(services.Paths.Logs(pod))) Directory.Delete(services.Paths.Logs(pod), recursive: true);
            services.Volumes.Remove(pod.Uid());
            services.Images.Forget(pod.Uid());
            return () => state.Gone = true;
        }, failed: () => state.RetryAt["remove"] = services.Time.GetUtcNow() + RetryDelay);
    }
}
