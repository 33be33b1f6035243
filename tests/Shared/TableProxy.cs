using System.Diagnostics;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace CloudPlane.Tests.Shared;

/// <summary>
/// Stands between the app and Azurite: counts and times what passes, throttles as Azure does, and goes away.
/// </summary>
internal sealed class TableProxy : IAsyncDisposable
{
    private const string Busy = """{"odata.error":{"code":"ServerBusy","message":{"lang":"en-US","value":"The server is busy."} } }""";

    private static readonly string[] Hops = ["Connection", "Host", "Transfer-Encoding", "Content-Length", "Keep-Alive"];

    private readonly WebApplication _server;
    private readonly Uri _azurite;
    private readonly HttpMessageInvoker _client = new(new SocketsHttpHandler { UseProxy = false, UseCookies = false, AllowAutoRedirect = false, ActivityHeadersPropagator = null });
    private readonly Lock _gate = new();
    private CancellationTokenSource _away = new();
    private volatile bool _isAway;
    private long _requests;
    private int _underWay;
    private long _underWaySince;
    private TimeSpan _timeUnderWay;

    private TableProxy(Uri azurite)
    {
        _azurite = azurite;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromSeconds(2));
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        _server = builder.Build();
        _server.Run(TimeAsync);
    }

    /// <summary>Each n-th request is refused with 503; 0 for none.</summary>
    public int ThrottleEvery { get; set; }

    /// <summary>Requests that came, those that were refused included.</summary>
    public long Requests => Interlocked.Read(ref _requests);

    /// <summary>For how long so far at least one request was here or at Azurite: what an app may have waited for it, at most.</summary>
    public TimeSpan TimeUnderWay
    {
        get
        {
            lock (_gate)
                return _underWay == 0 ? _timeUnderWay : _timeUnderWay + Stopwatch.GetElapsedTime(_underWaySince);
        }
    }

    /// <summary>Where the app finds its tables.</summary>
    public Uri Endpoint { get; private set; } = new("http://127.0.0.1");

    public static async Task<TableProxy> StartAsync(Uri azurite)
    {
        var proxy = new TableProxy(azurite);
        await proxy._server.StartAsync();
        var address = proxy._server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        proxy.Endpoint = new Uri(new Uri(address), azurite.AbsolutePath);
        return proxy;
    }

    /// <summary>From now on connections break; so do those under way, whose requests may have been carried out.</summary>
    public void GoAway()
    {
        _isAway = true;
        _away.Cancel();
    }

    public void ComeBack()
    {
        _away = new CancellationTokenSource();
        _isAway = false;
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _client.Dispose();
        _away.Dispose();
    }

    private async Task TimeAsync(HttpContext context)
    {
        lock (_gate)
        {
            if (_underWay++ == 0)
                _underWaySince = Stopwatch.GetTimestamp();
        }

        try
        {
            await HandleAsync(context);
        }
        finally
        {
            lock (_gate)
            {
                if (--_underWay == 0)
                    _timeUnderWay += Stopwatch.GetElapsedTime(_underWaySince);
            }
        }
    }

    private async Task HandleAsync(HttpContext context)
    {
        var count = Interlocked.Increment(ref _requests);
        if (_isAway)
        {
            context.Abort();
            return;
        }

        if (ThrottleEvery > 0 && count % ThrottleEvery == 0)
        {
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            context.Response.ContentType = "application/json";
            await context.Response.WriteAsync(Busy, context.RequestAborted);
            return;
        }

        try
        {
            using var end = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, _away.Token);
            await ForwardAsync(context, end.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or HttpRequestException or IOException or ObjectDisposedException)
        {
            context.Abort();
        }
    }

    private async Task ForwardAsync(HttpContext context, CancellationToken cancellationToken)
    {
        // As it came: the path is signed.
        var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        var address = new Uri(_azurite.GetLeftPart(UriPartial.Authority) + target, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        using var request = new HttpRequestMessage(new HttpMethod(context.Request.Method), address);
        if (context.Request.ContentLength > 0 || context.Request.Headers.TransferEncoding.Count > 0)
        {
            var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body, cancellationToken);
            request.Content = new ByteArrayContent(body.ToArray());
        }

        foreach (var (name, values) in context.Request.Headers.Where(header => !Hops.Contains(header.Key, StringComparer.OrdinalIgnoreCase)))
        {
            if (!request.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values))
                request.Content?.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values);
        }

        using var response = await _client.SendAsync(request, cancellationToken);
        var answer = await response.Content.ReadAsByteArrayAsync(cancellationToken);
        context.Response.StatusCode = (int)response.StatusCode;
        foreach (var (name, values) in response.Headers.Concat(response.Content.Headers).Where(header => !Hops.Contains(header.Key, StringComparer.OrdinalIgnoreCase)))
            context.Response.Headers[name] = values.ToArray();
        if (answer.Length == 0)
            return;
        // Told beforehand, so that the answer ends with its last byte and not with a chunk that follows.
        context.Response.ContentLength = answer.Length;
        await context.Response.Body.WriteAsync(answer, cancellationToken);
    }
}
