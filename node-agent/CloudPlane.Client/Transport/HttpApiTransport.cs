using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;

namespace CloudPlane.Client;

/// <summary>Calls over HTTPS; HTTP/2 if the server speaks it, 1.1 otherwise.</summary>
public sealed class HttpApiTransport : IApiTransport, IDisposable
{
    private readonly HttpClient _http;
    private readonly HttpApiTransportOptions _options;
    private readonly TimeProvider _time;
    private readonly string _prefix;

    /// <exception cref="InvalidDataException">The CA file can't be read or holds no certificate.</exception>
    public HttpApiTransport(HttpApiTransportOptions options, TimeProvider? time = null)
    {
        _options = options;
        _time = time ?? TimeProvider.System;
        _prefix = options.Server.AbsolutePath.TrimEnd('/');
        var handler = new SocketsHttpHandler
        {
            ConnectTimeout = options.ConnectTimeout,
            EnableMultipleHttp2Connections = true,
            KeepAlivePingDelay = options.KeepAlive,
            KeepAlivePingTimeout = options.KeepAlive,
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
            // The address behind the name may change.
            PooledConnectionLifetime = TimeSpan.FromMinutes(15),
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = options.UseProxy,
        };
        if (options.CaFile is { } file) handler.SslOptions.RemoteCertificateValidationCallback = new PinnedAuthority(file).Accepts;
        _http = new HttpClient(handler) { BaseAddress = options.Server, Timeout = Timeout.InfiniteTimeSpan };
    }

    /// <summary>The HTTP client behind it (no bearer token), for streams that CloudPlane adds to the API.</summary>
    public HttpClient Http => _http;

    /// <inheritdoc/>
    public async ValueTask<ApiAnswer> SendAsync(ApiCall call, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(_options.CallTimeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        try
        {
            using var request = await CreateRequestAsync(call, either.Token).ConfigureAwait(false);
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token).ConfigureAwait(false);
            return new ApiAnswer((int)response.StatusCode, await response.Content.ReadAsByteArrayAsync(either.Token).ConfigureAwait(false));
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ApiUnreachableException($"{call.Method} {Describe(call)}: no answer within {_options.CallTimeout.TotalSeconds:0} s", e);
        }
        catch (Exception e) when (IsOfTheNetwork(e))
        {
            throw Unreachable(call, e);
        }
    }

    /// <inheritdoc/>
    public async ValueTask<ApiStreamAnswer> OpenAsync(ApiCall call, CancellationToken cancellationToken)
    {
        // Only the headers have a deadline: the body lasts as long as the watch.
        using var deadline = new CancellationTokenSource(_options.CallTimeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        HttpResponseMessage? response = null;
        try
        {
            using var request = await CreateRequestAsync(call, either.Token).ConfigureAwait(false);
            response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token).ConfigureAwait(false);
            var body = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
            return new ApiStreamAnswer((int)response.StatusCode, body, response);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            response?.Dispose();
            throw new ApiUnreachableException($"{call.Method} {Describe(call)}: no answer within {_options.CallTimeout.TotalSeconds:0} s", e);
        }
        catch (Exception e) when (IsOfTheNetwork(e))
        {
            response?.Dispose();
            throw Unreachable(call, e);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    // HttpClient lets a SocketException through when a connection breaks in the moment in which it was made.
    private static bool IsOfTheNetwork(Exception e) => e is HttpRequestException or IOException or SocketException;

    private async ValueTask<HttpRequestMessage> CreateRequestAsync(ApiCall call, CancellationToken cancellationToken)
    {
        var request = new HttpRequestMessage(new HttpMethod(call.Method), _prefix + call.PathAndQuery)
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
        };
        request.Headers.TryAddWithoutValidation("Accept", call.Accept);
        if (_options.BearerToken is { } provider && await provider(cancellationToken).ConfigureAwait(false) is { } token)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        if (call.ContentType is null) return request;
        request.Content = new ReadOnlyMemoryContent(call.Body);
        request.Content.Headers.TryAddWithoutValidation("Content-Type", call.ContentType);
        return request;
    }

    private ApiUnreachableException Unreachable(ApiCall call, Exception cause) =>
        new($"{call.Method} {Describe(call)}: {cause.InnerException?.Message ?? cause.Message}", cause);

    // Without the query: selectors and tokens of a caller don't belong into logs.
    private string Describe(ApiCall call) => new Uri(_options.Server, _prefix + call.PathAndQuery.Split('?')[0]).ToString();
}
