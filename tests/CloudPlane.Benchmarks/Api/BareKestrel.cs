using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace CloudPlane.Benchmarks;

/// <summary>The peer: the same web server with nothing behind it, with TLS or without, as a process of its own like the control plane.</summary>
internal sealed class BareKestrel : IAsyncDisposable
{
    private readonly System.Diagnostics.Process _process;
    private readonly Uri _address;

    private BareKestrel(System.Diagnostics.Process process, Uri address) => (_process, _address) = (process, address);

    /// <summary>What it has used of the processors so far.</summary>
    public TimeSpan ProcessorTime
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    /// <summary>Starts this very program again as the peer and reads its address.</summary>
    /// <param name="data">A control plane's directory, whose keys it takes; null for plain HTTP/1.1, as a handler speaks it.</param>
    public static async Task<BareKestrel> StartAsync(string? data, int listBytes, int getBytes)
    {
        var pki = data is null ? "" : Path.Combine(data, "pki");
        var start = new System.Diagnostics.ProcessStartInfo(Environment.ProcessPath!, ["bare-kestrel", pki, $"{listBytes}", $"{getBytes}"])
        {
            RedirectStandardOutput = true,
        };
        var process = System.Diagnostics.Process.Start(start)!;
        return new BareKestrel(process, new Uri((await process.StandardOutput.ReadLineAsync())!));
    }

    /// <summary>The peer's own main: serves until it is killed.</summary>
    public static async Task ServeAsync(string pki, int listBytes, int getBytes)
    {
        var (all, one) = (new byte[listBytes], new byte[getBytes]);
        Random.Shared.NextBytes(all);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore();
        if (pki.Length > 0)
            builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen =>
        {
            if (pki.Length > 0)
                listen.UseHttps(X509Certificate2.CreateFromPemFile(Path.Combine(pki, "server.crt"), Path.Combine(pki, "server.key")));
            else
                listen.Protocols = HttpProtocols.Http1;
        }));
        await using var app = builder.Build();
        app.Run(async context =>
        {
            var body = context.Request.Path == "/all" ? all : one;
            context.Response.ContentType = "application/json";
            context.Response.ContentLength = body.Length;
            await context.Response.BodyWriter.WriteAsync(body);
        });
        await app.StartAsync();
        Console.WriteLine(app.Urls.First());
        await Task.Delay(Timeout.Infinite);
    }

    public HttpClient Client() => new(new SocketsHttpHandler
    {
        SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = static (_, _, _, _) => true },
    })
    {
        BaseAddress = _address,
        DefaultRequestVersion = _address.Scheme == Uri.UriSchemeHttps ? HttpVersion.Version20 : HttpVersion.Version11,
        DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
    };

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
