using System.Buffers.Binary;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;

namespace CloudPlane.Agent;

/// <summary>
/// grpc.health.v1.Health/Check over HTTP/2 without TLS (https://github.com/grpc/grpc/blob/master/doc/health-checking.md): one message
/// with one field each way, so no generated code.
/// </summary>
internal sealed class GrpcProber : IDisposable
{
    private const int Serving = 1;
    private readonly HttpMessageInvoker _http =
        new(new SocketsHttpHandler { UseProxy = false, UseCookies = false, PooledConnectionLifetime = TimeSpan.Zero });

    public async Task<ProbeOutcome> CheckAsync(string host, int port, string service, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(timeout);
        try
        {
            return await SendAsync(new Uri($"http://{host}:{port}/grpc.health.v1.Health/Check"), service, deadline.Token)
                .ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return ProbeOutcome.Failed(
                $"timeout: failed to connect service \"{host}:{port}\" within {GoDuration.Format(timeout)}: context deadline exceeded");
        }
        catch (Exception e) when (e is HttpRequestException or IOException or SocketException)
        {
            return ProbeOutcome.Failed(
                $"error: this server cannot be reached: {(e.InnerException is SocketException socket ? SocketErrors.Describe(socket) : e.Message)}");
        }
    }

    public void Dispose() => _http.Dispose();

    private async Task<ProbeOutcome> SendAsync(Uri url, string service, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, url)
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(Frame(service))
        };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        request.Headers.TE.Add(new TransferCodingWithQualityHeaderValue("trailers"));
        using var response = await _http.SendAsync(request, cancellationToken).ConfigureAwait(false);
        var body = await response.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
        var code = Header(response.TrailingHeaders, "grpc-status") ?? Header(response.Headers, "grpc-status") ?? "0";
        if (code == "12") return ProbeOutcome.Failed(
            "error: this server does not implement the grpc health protocol (grpc.health.v1.Health)");
        if (code != "0") return ProbeOutcome.Failed(
            $"error: health rpc failed: code {code}: {Header(response.TrailingHeaders, "grpc-message") ?? Header(response.Headers, "grpc-message")}");
        var status = Status(body);
        return status == Serving ? ProbeOutcome.Ok() : ProbeOutcome.Failed(
            $"service unhealthy (responded with \"{(status == 2 ? "NOT_SERVING" : status == 3 ? "SERVICE_UNKNOWN" : "UNKNOWN")}\")");
    }

    /// <summary>The gRPC frame of HealthCheckRequest { service = 1 }.</summary>
    private static byte[] Frame(string service)
    {
        var name = Encoding.UTF8.GetBytes(service);
        // A name of 127 bytes or more would need a longer varint; a service's name never has them (the API allows 63).
        byte[] message = name.Length == 0 ? [] : [0x0a, (byte)Math.Min(name.Length, 127), .. name.AsSpan(0, Math.Min(name.Length, 127))];
        var frame = new byte[5 + message.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), message.Length);
        message.CopyTo(frame, 5);
        return frame;
    }

    /// <summary>HealthCheckResponse { status = 1 }; absent is 0, unknown.</summary>
    private static int Status(ReadOnlySpan<byte> body) => body.Length >= 7 && body[5] == 0x08 ? body[6] : 0;

    private static string? Header(HttpHeaders headers, string name) =>
        headers.TryGetValues(name, out var values) ? values.FirstOrDefault() : null;
}
