using System.Net.Sockets;
using System.Text;
using CloudPlane.Client;
using CloudPlane.Cri;
using V1 = CloudPlane.Cri.V1;

namespace CloudPlane.Agent;

/// <summary>Probes of every kind, with the kubelet's messages.</summary>
internal sealed class Prober(ICriRuntime runtime, HttpProber http, GrpcProber grpc) : IProber
{
    /// <summary>What of a command's output goes into an event, in bytes.</summary>
    private const int OutputLimit = 10 * 1024;

    public async Task<ProbeOutcome> ProbeAsync(ProbeTarget target, Probe probe, CancellationToken cancellationToken)
    {
        var timeout = TimeSpan.FromSeconds(Math.Max(1, probe.TimeoutSeconds ?? 1));
        try
        {
            if (probe.Exec is { } exec)
                return await ExecAsync(target, exec.Command ?? [], timeout, cancellationToken).ConfigureAwait(false);
            if (probe.HttpGet is { } get) return await http.GetAsync(target, get, timeout, cancellationToken).ConfigureAwait(false);
            if (probe.TcpSocket is { } tcp)
                return await ConnectAsync(tcp.Host is { Length: > 0 } host
                    ? host : target.Address, Ports.Resolve(tcp.Port, target.Container), timeout, cancellationToken).ConfigureAwait(false);
            if (probe.Grpc is { } health)
                return await grpc.CheckAsync(target.Address, health.Port ?? 0, health.Service ?? "", timeout, cancellationToken)
                    .ConfigureAwait(false);
            return new ProbeOutcome(false, "missing probe handler", Error: true);
        }
        catch (FormatException e)
        {
            return new ProbeOutcome(false, e.Message, Error: true);
        }
    }

    private async Task<ProbeOutcome> ExecAsync(ProbeTarget target, IReadOnlyList<string> command, TimeSpan timeout,
        CancellationToken cancellationToken)
    {
        var request = new V1.ExecSyncRequest { ContainerId = target.ContainerId, Timeout = (long)timeout.TotalSeconds };
        request.Cmd.AddRange(command);
        try
        {
            var response = await runtime.ExecSyncAsync(request, cancellationToken).ConfigureAwait(false);
            var output = Text(response.Stdout.Span) + Text(response.Stderr.Span);
            return response.ExitCode == 0 ? ProbeOutcome.Ok(output) : ProbeOutcome.Failed(output);
        }
        catch (CriException e) when (e.Code == CriStatusCode.DeadlineExceeded)
        {
            return ProbeOutcome.Failed($"command timed out: \"{string.Join(' ', command)}\" timed out after {GoDuration.Format(timeout)}");
        }
        catch (CriException e)
        {
            return new ProbeOutcome(false, e.Message, Error: true);
        }
    }

    private static async Task<ProbeOutcome> ConnectAsync(string host, int port, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(timeout);
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync(host, port, deadline.Token).ConfigureAwait(false);
            return ProbeOutcome.Ok();
        }
        catch (SocketException e)
        {
            return ProbeOutcome.Failed($"dial tcp {host}:{port}: {SocketErrors.Describe(e)}");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return ProbeOutcome.Failed($"dial tcp {host}:{port}: i/o timeout");
        }
    }

    private static string Text(ReadOnlySpan<byte> output) => Encoding.UTF8.GetString(output[..Math.Min(output.Length, OutputLimit)]);
}
