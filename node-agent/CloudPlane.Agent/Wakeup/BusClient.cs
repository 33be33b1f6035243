using System.Net;
using System.Net.Sockets;
using CloudPlane.Client;

namespace CloudPlane.Agent;

/// <summary>Service Bus over REST, as far as a node needs it: receiving from its own queue, sending to one that it was told.</summary>
internal sealed class BusClient(TimeProvider time) : IDisposable
{
    // Of one call, beside what it waits for.
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(20);

    // A message has at most 256 KiB.
    private const int LargestAnswer = 512 * 1024;

    private readonly HttpClient _http = new(
        new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.FromMinutes(5), AllowAutoRedirect = false, UseCookies = false, UseProxy = false })
    {
        Timeout = Timeout.InfiniteTimeSpan,
        MaxResponseContentBufferSize = LargestAnswer,
    };

    /// <summary>Takes the next message; null when none came in time (whole seconds, at most 60).</summary>
    /// <exception cref="BusException">It can't be asked.</exception>
    public async Task<ReadOnlyMemory<byte>?> ReceiveAsync(QueueLink link, TimeSpan wait, CancellationToken cancellationToken)
    {
        var address = new Uri($"{link.Queue.AbsoluteUri.TrimEnd('/')}/messages/head?timeout={(int)wait.TotalSeconds}");
        var (status, body) = await CallAsync(HttpMethod.Delete, address, link.Token, null, wait + CallTimeout, cancellationToken).ConfigureAwait(false);
        // Without the cast null would become an empty message.
        return status == HttpStatusCode.NoContent ? null : (ReadOnlyMemory<byte>?)body;
    }

    /// <summary>Sends one message. After an exception it may have been sent.</summary>
    /// <exception cref="BusException">It was refused, or nobody answered.</exception>
    public Task SendAsync(Uri queue, string token, ReadOnlyMemory<byte> message, CancellationToken cancellationToken) =>
        CallAsync(HttpMethod.Post, new Uri($"{queue.AbsoluteUri.TrimEnd('/')}/messages"), token, message, CallTimeout, cancellationToken);

    public void Dispose() => _http.Dispose();

    private async Task<(HttpStatusCode, byte[])> CallAsync(
        HttpMethod method, Uri address, string token, ReadOnlyMemory<byte>? content, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        try
        {
            using var request = new HttpRequestMessage(method, address) { Content = content is { } bytes ? new ReadOnlyMemoryContent(bytes) : null };
            request.Headers.TryAddWithoutValidation("Authorization", token);
            using var response = await _http.SendAsync(request, either.Token).ConfigureAwait(false);
            if (!response.IsSuccessStatusCode) throw new BusException(Kind(response.StatusCode), $"{address.Authority} answered {(int)response.StatusCode}");
            return (response.StatusCode, await response.Content.ReadAsByteArrayAsync(either.Token).ConfigureAwait(false));
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new BusException(BusFailure.Unavailable, $"{address.Authority} did not answer in time", e);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or SocketException)
        {
            throw new BusException(BusFailure.Unavailable, $"{address.Authority} can't be reached: {e.InnerException?.Message ?? e.Message}", e);
        }
    }

    private static BusFailure Kind(HttpStatusCode status) => status switch
    {
        HttpStatusCode.NotFound or HttpStatusCode.Gone => BusFailure.Gone,
        HttpStatusCode.Unauthorized => BusFailure.Refused,
        // 403 is a queue that is full for now.
        _ => BusFailure.Unavailable,
    };
}

/// <summary>Why the bus did not do what was asked.</summary>
internal enum BusFailure
{
    /// <summary>It may work later.</summary>
    Unavailable,

    /// <summary>There is no such queue any more.</summary>
    Gone,

    /// <summary>The token is not taken, or not any more.</summary>
    Refused,
}

/// <summary>The bus did not do what was asked. Carries no token.</summary>
internal sealed class BusException(BusFailure kind, string message, Exception? cause = null) : Exception(message, cause)
{
    public BusFailure Kind { get; } = kind;
}
