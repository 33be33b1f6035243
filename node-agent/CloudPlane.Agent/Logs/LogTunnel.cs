using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using CloudPlane.Client;

namespace CloudPlane.Agent;

/// <summary>
/// Serves `kubectl logs` over connections that the node opens: a GET that stays open brings requests, each is answered by a POST of
/// its own. The server ends such a POST early when kubectl went away.
/// </summary>
/// <param name="http">The API server's client, e.g. HttpApiTransport.Http. Best over HTTP/2, where an answer can end its request.</param>
/// <param name="token">This node's bearer token, asked for each request.</param>
/// <param name="node">This node's name.</param>
/// <param name="source">Where the logs are.</param>
/// <param name="time">The clock.</param>
/// <param name="random">Jitters the back-off, so that the nodes of a restarted server do not come all at once.</param>
internal sealed class LogTunnel(
    HttpClient http, Func<CancellationToken, ValueTask<string?>> token, string node, ILogSource source, TimeProvider time, Random random)
{
    // The server writes an empty line every 15 s; two missed ones and the connection is taken for dead.
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(40);
    private const int MaxLine = 64 * 1024;

    private readonly Backoff _backoff = new(TimeSpan.FromMilliseconds(250), TimeSpan.FromSeconds(10), random);
    private readonly string _base = $"{http.BaseAddress?.AbsolutePath.TrimEnd('/')}/cloudplane/v1/nodes/{Uri.EscapeDataString(node)}";

    /// <summary>Runs until the token is cancelled; then all streams have ended too.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var streams = new HashSet<Task>();
        try
        {
            while (true)
            {
                await ConnectAsync(streams, cancellationToken).ConfigureAwait(false);
                await Task.Delay(_backoff.Next(), time, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await Task.WhenAll(streams).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>One connection, to its end.</summary>
    private async Task ConnectAsync(HashSet<Task> streams, CancellationToken cancellationToken)
    {
        using var silence = new CancellationTokenSource(Silence, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(silence.Token, cancellationToken);
        try
        {
            using var request = await RequestAsync(HttpMethod.Get, "/tunnel", both.Token).ConfigureAwait(false);
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, both.Token).ConfigureAwait(false);
            if (response.StatusCode != HttpStatusCode.OK)
                return;
            _backoff.Reset();
            var body = await response.Content.ReadAsStreamAsync(both.Token).ConfigureAwait(false);
            await ReadAsync(body, streams, silence, both.Token, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or SocketException or OperationCanceledException or ApiException or ApiUnreachableException)
        {
            // The server is away, restarts, or is silent: connect again. Only our own end is passed on.
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    private async Task ReadAsync(Stream body, HashSet<Task> streams, CancellationTokenSource silence, CancellationToken reading, CancellationToken cancellationToken)
    {
        var lines = PipeReader.Create(body);
        while (true)
        {
            var read = await lines.ReadAsync(reading).ConfigureAwait(false);
            silence.CancelAfter(Silence);
            var rest = read.Buffer;
            while (rest.PositionOf((byte)'\n') is { } end)
            {
                if (LogRequest.Parse(rest.Slice(0, end).ToArray()) is { } request)
                    streams.Add(AnswerAsync(request, cancellationToken));
                rest = rest.Slice(rest.GetPosition(1, end));
            }
            streams.RemoveWhere(stream => stream.IsCompleted);
            if (read.IsCompleted || rest.Length > MaxLine)
                return;
            lines.AdvanceTo(rest.Start, rest.End);
        }
    }

    /// <summary>Answers one request. A failure to send it is the server's to notice: the stream breaks, and kubectl with it.</summary>
    private async Task AnswerAsync(LogRequest request, CancellationToken cancellationToken)
    {
        // Off the reading loop: opening and searching a log is file work.
        await Task.Yield();
        try
        {
            using var reader = await LogRequest.OpenAsync(request.Path, source, time, cancellationToken).ConfigureAwait(false);
            await SendAsync(request, 200, stop => new LogContent(reader, stop), cancellationToken).ConfigureAwait(false);
        }
        catch (LogUnavailableException e)
        {
            await SendAsync(request, e.Code, _ => new StringContent(e.Message), cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // Whatever is wrong with one log: kubectl is told instead of waiting, and the other streams go on.
            await SendAsync(request, 500, _ => new StringContent(e.Message), cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task SendAsync(LogRequest request, int status, Func<CancellationToken, HttpContent> content, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            using var message = await RequestAsync(HttpMethod.Post, $"/streams/{Uri.EscapeDataString(request.Id)}", stop.Token).ConfigureAwait(false);
            message.Headers.Add("CloudPlane-Status", $"{status}");
            message.Content = content(stop.Token);
            using var response = await http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, stop.Token).ConfigureAwait(false);
            await response.Content.CopyToAsync(Stream.Null, stop.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or SocketException or OperationCanceledException or ApiException or ApiUnreachableException)
        {
        }
        finally
        {
            // Over HTTP/2 the answer may come while we still send: the reading of the log ends with it.
            await stop.CancelAsync().ConfigureAwait(false);
        }
    }

    private async ValueTask<HttpRequestMessage> RequestAsync(HttpMethod method, string path, CancellationToken cancellationToken)
    {
        var request = new HttpRequestMessage(method, _base + path)
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
        };
        if (await token(cancellationToken).ConfigureAwait(false) is { } bearer)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", bearer);
        return request;
    }
}
