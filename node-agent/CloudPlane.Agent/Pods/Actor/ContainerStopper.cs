using CloudPlane.Client;
using CloudPlane.Cri;
using V1 = CloudPlane.Cri.V1;

namespace CloudPlane.Agent;

/// <summary>Stops one container gracefully: preStop hook, stop signal, and the kill when its time is over.</summary>
internal sealed class ContainerStopper(ICriRuntime runtime, LifecycleHooks hooks, NodeEvents events, TimeProvider time)
{
    /// <summary>The kubelet's least time between the stop signal and the kill, in seconds.</summary>
    private const long MinimumGraceSeconds = 2;

    /// <summary>Returns when the container has stopped.</summary>
    /// <exception cref="CriException">The runtime could not stop it.</exception>
    public async Task StopAsync(Pod pod, RuntimeContainer running, string message, long graceSeconds, string address,
        CancellationToken cancellationToken)
    {
        var spec = pod.FindContainer(running.Name);
        events.Pod(pod, spec, EventTypes.Normal, "Killing", message.Length > 0 ? message : $"Stopping container {running.Name}");
        var began = time.GetTimestamp();
        if (spec?.Lifecycle?.PreStop is { } hook)
            await PreStopAsync(pod, spec, hook, new ProbeTarget(running.Id, spec, address), graceSeconds, cancellationToken)
                .ConfigureAwait(false);
        var left = Math.Max(MinimumGraceSeconds, graceSeconds - (long)time.GetElapsedTime(began).TotalSeconds);
        await SignalAsync(running.Id, left, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Signals at once, without a hook: for a grace period that was made shorter while a stop is under way.</summary>
    public async Task SignalAsync(string id, long graceSeconds, CancellationToken cancellationToken)
    {
        try
        {
            await runtime.StopContainerAsync(new V1.StopContainerRequest { ContainerId = id, Timeout = graceSeconds }, cancellationToken)
                .ConfigureAwait(false);
        }
        catch (CriException e) when (e.IsNotFound)
        {
        }
    }

    private async Task PreStopAsync(Pod pod, Container spec, LifecycleHandler hook, ProbeTarget target, long graceSeconds,
        CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(graceSeconds), time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        string? failure;
        try
        {
            failure = await hooks.RunAsync(hook, target, either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            failure = $"PreStop hook did not complete in {graceSeconds} seconds";
        }
        if (failure is not null) events.Pod(pod, spec, EventTypes.Warning, "FailedPreStopHook", "PreStopHook failed");
    }
}
