using CloudPlane.Client;
using CloudPlane.Cri;
using V1 = CloudPlane.Cri.V1;

namespace CloudPlane.Agent;

/// <summary>Runs postStart and preStop handlers.</summary>
internal sealed class LifecycleHooks(ICriRuntime runtime, HttpProber http, TimeProvider time)
{
    // The kubelet's HTTP hooks have no deadline of their own either; the caller's grace period ends them.
    private static readonly TimeSpan HttpTimeout = TimeSpan.FromMinutes(10);

    /// <summary>Null when it went well, else what failed.</summary>
    public async Task<string?> RunAsync(LifecycleHandler handler, ProbeTarget target, CancellationToken cancellationToken)
    {
        try
        {
            if (handler.Exec is { } exec) return await ExecAsync(target, exec.Command ?? [], cancellationToken).ConfigureAwait(false);
            if (handler.Sleep is { } sleep)
            {
                await Task.Delay(TimeSpan.FromSeconds(sleep.Seconds ?? 0), time, cancellationToken).ConfigureAwait(false);
                return null;
            }
            if (handler.HttpGet is { } get)
            {
                var outcome = await http.GetAsync(target, get, HttpTimeout, cancellationToken).ConfigureAwait(false);
                return outcome.Success ? null : outcome.Output;
            }
            return handler.TcpSocket is not null ? null : "cannot run handler: no known action is set";
        }
        catch (FormatException e)
        {
            return e.Message;
        }
    }

    private async Task<string?> ExecAsync(ProbeTarget target, IReadOnlyList<string> command, CancellationToken cancellationToken)
    {
        var request = new V1.ExecSyncRequest { ContainerId = target.ContainerId };
        request.Cmd.AddRange(command);
        try
        {
            var response = await runtime.ExecSyncAsync(request, cancellationToken).ConfigureAwait(false);
            return response.ExitCode == 0
                ? null : $"command '{string.Join(' ', command)}' exited with {response.ExitCode}: {response.Stderr.ToStringUtf8()}";
        }
        catch (CriException e)
        {
            return e.Message;
        }
    }
}
