using System.Net;
using System.Net.Sockets;
using CloudPlane.Client;

namespace CloudPlane.Agent;

/// <summary>GETs as the kubelet sends them: a fresh connection each, any certificate, redirects only within the same host.</summary>
internal sealed class HttpProber : IDisposable
{
    private const int MaximumRedirects = 10;
    private const int BodyLimit = 10 * 1024;

    private readonly HttpMessageInvoker _http = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        UseProxy = false,
        PooledConnectionLifetime = TimeSpan.Zero,
        SslOptions = { RemoteCertificateValidationCallback = (_, _, _, _) => true },
    });

    public async Task<ProbeOutcome> GetAsync(ProbeTarget target, HTTPGetAction action, TimeSpan timeout,
        CancellationToken cancellationToken)
    {
        var url = Url(target, action);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(timeout);
        try
        {
            return await GetAsync(url, action, deadline.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return ProbeOutcome.Failed($"Get \"{url}\": context deadline exceeded (Client.Timeout exceeded while awaiting headers)");
        }
        catch (HttpRequestException e)
        {
            var cause = e.InnerException is SocketException socket
                ? $"dial tcp {url.Host}:{url.Port}: {SocketErrors.Describe(socket)}" : e.InnerException?.Message ?? e.Message;
            return ProbeOutcome.Failed($"Get \"{url}\": {cause}");
        }
        // HttpClient lets a SocketException through when a connection breaks in the moment in which it was made.
        catch (Exception e) when (e is IOException or SocketException)
        {
            return ProbeOutcome.Failed($"Get \"{url}\": {e.Message}");
        }
    }

    public void Dispose() => _http.Dispose();

    /// <summary>Where the action points to.</summary>
    /// <exception cref="FormatException">The port or the path is none.</exception>
    public static Uri Url(ProbeTarget target, HTTPGetAction action)
    {
        var scheme = (action.Scheme ?? "HTTP").ToLowerInvariant();
        var host = action.Host is { Length: > 0 } own ? own : target.Address;
        if (host.Contains(':') && !host.StartsWith('[')) host = $"[{host}]";
        var path = action.Path is { Length: > 0 } text ? text.StartsWith('/') ? text : $"/{text}" : "/";
        return Uri.TryCreate($"{scheme}://{host}:{Ports.Resolve(action.Port, target.Container)}{path}", UriKind.Absolute, out var url)
            ? url : throw new FormatException($"invalid HTTP path \"{path}\"");
    }

    private async Task<ProbeOutcome> GetAsync(Uri url, HTTPGetAction action, CancellationToken cancellationToken)
    {
        for (var redirects = 0; ; redirects++)
        {
            using var request = Request(url, action);
            using var response = await _http.SendAsync(request, cancellationToken).ConfigureAwait(false);
            var status = (int)response.StatusCode;
            if (status is >= 300 and < 400 && response.Headers.Location is { } location)
            {
                var next = new Uri(url, location);
                if (redirects == MaximumRedirects)
                    return ProbeOutcome.Failed($"Get \"{next}\": stopped after {MaximumRedirects} redirects");
                // A redirect to somewhere else says nothing about this container; the kubelet takes it for a success and warns.
                if (next.Host != url.Host)
                    return new ProbeOutcome(true,
                        $"Probe terminated redirects, Response body: {await BodyAsync(response, cancellationToken).ConfigureAwait(false)}",
                        Warning: true);
                url = next;
                continue;
            }
            return status is >= 200 and < 400 ? ProbeOutcome.Ok() : ProbeOutcome.Failed($"HTTP probe failed with statuscode: {status}");
        }
    }

    private static HttpRequestMessage Request(Uri url, HTTPGetAction action)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, url);
        foreach (var header in action.HttpHeaders ?? [])
        {
            if (string.Equals(header.Name, "Host", StringComparison.OrdinalIgnoreCase)) request.Headers.Host = header.Value;
            else request.Headers.TryAddWithoutValidation(header.Name ?? "", header.Value);
        }
        if (!request.Headers.Contains("User-Agent")) request.Headers.TryAddWithoutValidation("User-Agent", "kube-probe/1.34");
        if (!request.Headers.Contains("Accept")) request.Headers.TryAddWithoutValidation("Accept", "*/*");
        request.Headers.ConnectionClose = true;
        return request;
    }

    private static async Task<string> BodyAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var buffer = new byte[BodyLimit];
        await using var body = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        var length = await body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        return System.Text.Encoding.UTF8.GetString(buffer, 0, length);
    }
}
