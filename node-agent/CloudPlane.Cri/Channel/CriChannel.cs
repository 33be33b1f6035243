using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Google.Protobuf;

namespace CloudPlane.Cri;

/// <summary>
/// A gRPC client over a Unix socket: HTTP/2 with prior knowledge, length-prefixed messages, deadlines, status from the trailers.
/// Stands in for Grpc.Net.Client. All calls share one connection, which is made with the first call and again after it broke.
/// Every failure leaves as a <see cref="CriException"/>: this is the one place that translates them and that keeps deadlines.
/// </summary>
internal sealed class CriChannel : IDisposable
{
    private readonly string _socketPath;
    private readonly TimeProvider _time;
    private readonly HttpMessageInvoker _http;

    /// <param name="socketPath">The socket's path, without scheme.</param>
    /// <param name="time">The clock of the deadlines.</param>
    public CriChannel(string socketPath, TimeProvider time)
    {
        _socketPath = socketPath;
        _time = time;
        _http = new HttpMessageInvoker(new SocketsHttpHandler
        {
            ConnectCallback = ConnectAsync,
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            ActivityHeadersPropagator = null,
            EnableMultipleHttp2Connections = true,
            PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan,
            PooledConnectionLifetime = Timeout.InfiniteTimeSpan,
        });
    }

    /// <summary>Calls a method that has one answer.</summary>
    /// <exception cref="CriException">The call failed, or its deadline passed.</exception>
    /// <exception cref="OperationCanceledException">The caller's token was cancelled; the runtime is told.</exception>
    public async Task<TResponse> CallAsync<TResponse>(
        CriMethod<TResponse> method, IMessage request, TimeSpan deadline, CancellationToken cancellationToken)
        where TResponse : class, IMessage<TResponse>
    {
        using var expiry = new CancellationTokenSource(deadline, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(expiry.Token, cancellationToken);
        try
        {
            using var response = await _http.SendAsync(Request(method, request, deadline), both.Token).ConfigureAwait(false);
            GrpcStatus.ThrowIfRefused(response, method.Name);
            var body = await response.Content.ReadAsStreamAsync(both.Token).ConfigureAwait(false);
            var message = await GrpcFrames.ReadAsync(body, method.Parser, both.Token).ConfigureAwait(false);
            // The trailers arrive with the end of the stream, and a failed call may have sent a message before.
            var second = await GrpcFrames.ReadAsync(body, method.Parser, both.Token).ConfigureAwait(false);
            GrpcStatus.ThrowIfFailed(response, method.Name);
            if (message is null || second is not null)
                throw new CriException(CriStatusCode.Internal, $"{(message is null ? "no" : "more than one")} message in the answer of a unary call", method.Name);
            return message;
        }
        catch (Exception e) when (e is not CriException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw expiry.IsCancellationRequested
                ? new CriException(CriStatusCode.DeadlineExceeded, $"no answer within {deadline.TotalSeconds:0.###}s", method.Name, e)
                : GrpcStatus.Translate(e, method.Name, _socketPath);
        }
    }

    /// <summary>Calls a method that answers with a stream, which ends normally only when the runtime ends it with status OK.</summary>
    /// <exception cref="CriException">The call failed or the connection broke.</exception>
    public async IAsyncEnumerable<TResponse> StreamAsync<TResponse>(
        CriMethod<TResponse> method, IMessage request, [EnumeratorCancellation] CancellationToken cancellationToken)
        where TResponse : class, IMessage<TResponse>
    {
        using var response = await Translated(
            _http.SendAsync(Request(method, request, deadline: null), cancellationToken), method.Name, cancellationToken).ConfigureAwait(false);
        GrpcStatus.ThrowIfRefused(response, method.Name);
        using var body = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        while (await Translated(
            GrpcFrames.ReadAsync(body, method.Parser, cancellationToken), method.Name, cancellationToken).ConfigureAwait(false) is { } message)
            yield return message;
        GrpcStatus.ThrowIfFailed(response, method.Name);
    }

    private async Task<T> Translated<T>(Task<T> step, string method, CancellationToken cancellationToken)
    {
        try
        {
            return await step.ConfigureAwait(false);
        }
        catch (Exception e) when (e is not CriException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw GrpcStatus.Translate(e, method, _socketPath);
        }
    }

    private static HttpRequestMessage Request<TResponse>(CriMethod<TResponse> method, IMessage message, TimeSpan? deadline)
        where TResponse : class, IMessage<TResponse>
    {
        var request = new HttpRequestMessage(HttpMethod.Post, method.Uri)
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(GrpcFrames.Frame(message)) { Headers = { ContentType = new MediaTypeHeaderValue("application/grpc") } },
        };
        request.Headers.TE.Add(new TransferCodingWithQualityHeaderValue("trailers"));
        if (deadline is { } left && left != Timeout.InfiniteTimeSpan)
            request.Headers.TryAddWithoutValidation("grpc-timeout", GrpcFrames.Timeout(left));
        if (method.ContainerdNamespace is { } space)
            request.Headers.TryAddWithoutValidation("containerd-namespace", space);
        return request;
    }

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(_socketPath), cancellationToken).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();
}
