using CloudPlane.Cri;
using V1 = CloudPlane.Cri.V1;

namespace CloudPlane.Agent;

/// <summary>Asks containerd how it is, every few seconds and whenever its events break off.</summary>
internal sealed class RuntimeHealth(ICriRuntime runtime, TimeProvider time)
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan PeriodWhenDown = TimeSpan.FromSeconds(1);
    private readonly SemaphoreSlim _check = new(0, 1);

    /// <summary>Why the runtime can't be used; null when it can.</summary>
    public string? RuntimeProblem { get; private set; } = "container runtime status check may not have completed yet";

    /// <summary>Why pods get no network; null when they do.</summary>
    public string? NetworkProblem { get; private set; } = "container runtime status check may not have completed yet";

    /// <summary>containerd://1.6.20, once it answered.</summary>
    public string Version { get; private set; } = "containerd://unknown";

    /// <summary>Called when one of the problems comes, goes or changes.</summary>
    public Action? Changed { get; set; }

    /// <summary>Looks again now.</summary>
    public void CheckNow()
    {
        lock (_check)
            if (_check.CurrentCount == 0) _check.Release();
    }

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await CheckAsync(cancellationToken).ConfigureAwait(false);
            using var wait = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var period = Task.Delay(RuntimeProblem is null && NetworkProblem is null ? Period : PeriodWhenDown, time, wait.Token);
            var asked = _check.WaitAsync(wait.Token);
            await Task.WhenAny(period, asked).ConfigureAwait(false);
            await wait.CancelAsync().ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    public async Task CheckAsync(CancellationToken cancellationToken)
    {
        string? runtimeProblem, networkProblem;
        try
        {
            var status = await runtime.StatusAsync(new V1.StatusRequest(), cancellationToken).ConfigureAwait(false);
            (runtimeProblem, networkProblem) = (Problem(status.Status, "RuntimeReady"), Problem(status.Status, "NetworkReady"));
            if (Version.EndsWith("unknown", StringComparison.Ordinal)) await ReadVersionAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (CriException e)
        {
            (runtimeProblem, networkProblem) = ($"container runtime is down: {e.Message}", NetworkProblem);
        }
        if (runtimeProblem == RuntimeProblem && networkProblem == NetworkProblem) return;
        (RuntimeProblem, NetworkProblem) = (runtimeProblem, networkProblem);
        Changed?.Invoke();
    }

    private async Task ReadVersionAsync(CancellationToken cancellationToken)
    {
        var version = await runtime.VersionAsync(new V1.VersionRequest(), cancellationToken).ConfigureAwait(false);
        Version = $"{version.RuntimeName}://{version.RuntimeVersion}";
    }

    private static string? Problem(V1.RuntimeStatus status, string type)
    {
        var condition = status.Conditions.FirstOrDefault(c => c.Type == type);
        return condition is { Status: true } ? null : $"{type}=false reason:{condition?.Reason} message:{condition?.Message}";
    }
}
