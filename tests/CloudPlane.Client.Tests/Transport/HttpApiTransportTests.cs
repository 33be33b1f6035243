using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace CloudPlane.Client.Tests;

public sealed class HttpApiTransportTests : IAsyncLifetime
{
    private static readonly CancellationToken None = CancellationToken.None;

    private readonly string _folder = Directory.CreateTempSubdirectory("client-http-").FullName;
    private readonly TaskCompletionSource _release = new();
    private WebApplication _server = null!;
    private Uri _address = null!;

    public async Task InitializeAsync()
    {
        var certificate = Certificate("127.0.0.1", Path.Combine(_folder, "ca.pem"));
        Certificate("127.0.0.1", Path.Combine(_folder, "other.pem")).Dispose();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(o => o.Listen(IPAddress.Loopback, 0, l =>
        {
            l.Protocols = HttpProtocols.Http1AndHttp2;
            l.UseHttps(certificate);
        }));
        _server = builder.Build();
        _server.Run(HandleAsync);
        await _server.StartAsync();
        _address = new Uri(_server.Urls.Single());
    }

    public async Task DisposeAsync()
    {
        _release.TrySetResult();
        await _server.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_call_goes_over_http2_with_the_current_token()
    {
        var tokens = new Queue<string>(["one", "two"]);
        using var transport = Transport("ca.pem", options => options with { BearerToken = _ => ValueTask.FromResult<string?>(tokens.Dequeue()) });
        Assert.Equal("HTTP/2 POST /echo Bearer one application/json body", await TextAsync(transport, new ApiCall("POST", "/echo", "body"u8.ToArray(), "application/json")));
        Assert.Equal("HTTP/2 DELETE /echo Bearer two  ", await TextAsync(transport, new ApiCall("DELETE", "/echo")));
    }

    [Fact]
    public async Task A_named_cluster_is_called_below_its_path()
    {
        using var transport = Transport("ca.pem", options => options with { Server = new Uri(_address, "/clusters/team/") });
        Assert.Equal("HTTP/2 GET /clusters/team/echo   ", await TextAsync(transport, new ApiCall("GET", "/echo")));
    }

    [Fact]
    public async Task Another_authority_is_not_trusted()
    {
        using var transport = Transport("other.pem");
        await Assert.ThrowsAsync<ApiUnreachableException>(() => TextAsync(transport, new ApiCall("GET", "/echo")));
    }

    [Fact]
    public void A_bad_authority_file_is_named()
    {
        File.WriteAllText(Path.Combine(_folder, "empty.pem"), "nothing");
        Assert.Contains("empty.pem holds no certificate", Assert.Throws<InvalidDataException>(() => Transport("empty.pem")).Message, StringComparison.Ordinal);
        Assert.Contains("absent.pem can't be read", Assert.Throws<InvalidDataException>(() => Transport("absent.pem")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stream_arrives_as_it_is_sent_and_outlives_the_call_timeout()
    {
        using var transport = Transport("ca.pem", options => options with { CallTimeout = TimeSpan.FromMilliseconds(500) });
        using var answer = await transport.OpenAsync(new ApiCall("GET", "/stream"), None);
        await using var lines = LineReader.ReadAsync(answer.Body, None).GetAsyncEnumerator();
        Assert.True(await lines.MoveNextAsync());
        Assert.Equal("first"u8.ToArray(), lines.Current.ToArray());
        var second = lines.MoveNextAsync();
        await Task.Delay(700);
        Assert.False(second.IsCompleted);
        _release.SetResult();
        Assert.True(await second);
    }

    [Fact]
    public async Task No_answer_in_time_is_unreachable_and_cancellation_is_not()
    {
        using var transport = Transport("ca.pem", options => options with { CallTimeout = TimeSpan.FromMilliseconds(200) });
        var error = await Assert.ThrowsAsync<ApiUnreachableException>(() => TextAsync(transport, new ApiCall("GET", "/hang?token=secret")));
        Assert.Contains("/hang: no answer within", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", error.Message, StringComparison.Ordinal);
        using var stop = new CancellationTokenSource(50);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => transport.SendAsync(new ApiCall("GET", "/hang"), stop.Token).AsTask());
    }

    [Fact]
    public async Task A_connection_that_breaks_in_a_stream_is_unreachable()
    {
        using var transport = Transport("ca.pem");
        using var answer = await transport.OpenAsync(new ApiCall("GET", "/break"), None);
        await Assert.ThrowsAsync<ApiUnreachableException>(async () =>
        {
            await foreach (var _ in LineReader.ReadAsync(answer.Body, None)) { }
        });
    }

    private async Task HandleAsync(HttpContext context)
    {
        switch (context.Request.Path.Value)
        {
            case "/echo" or "/clusters/team/echo":
                using (var reader = new StreamReader(context.Request.Body))
                    await context.Response.WriteAsync(
                        $"{context.Request.Protocol} {context.Request.Method} {context.Request.Path} {context.Request.Headers.Authorization} {context.Request.ContentType} {await reader.ReadToEndAsync()}");
                break;
            case "/stream":
                await context.Response.WriteAsync("first\n");
                await context.Response.Body.FlushAsync();
                await _release.Task;
                await context.Response.WriteAsync("second\n");
                break;
            case "/break":
                await context.Response.WriteAsync("first\n");
                await context.Response.Body.FlushAsync();
                context.Abort();
                break;
            default:
                await _release.Task;
                break;
        }
    }

    private HttpApiTransport Transport(string ca, Func<HttpApiTransportOptions, HttpApiTransportOptions>? change = null)
    {
        var options = new HttpApiTransportOptions { Server = _address, CaFile = Path.Combine(_folder, ca) };
        return new HttpApiTransport(change?.Invoke(options) ?? options);
    }

    private static async Task<string> TextAsync(HttpApiTransport transport, ApiCall call) =>
        System.Text.Encoding.UTF8.GetString((await transport.SendAsync(call, None)).Body.Span);

    private static X509Certificate2 Certificate(string address, string file)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Parse(address));
        var request = new CertificateRequest("CN=test", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(names.Build());
        var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        File.WriteAllText(file, certificate.ExportCertificatePem());
        return certificate;
    }
}
