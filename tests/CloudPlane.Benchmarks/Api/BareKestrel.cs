using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace CloudPlane.Benchmarks;

/// <summary>The peer: the same web server and TLS with nothing behind it, as a process of its own like the control plane.</summary>
internal sealed class BareKestrel : IAsyncDisposable
{
    private readonly System.Diagnostics.Process _process;
    private readonly int _port;

    private BareKestrel(System.Diagnostics.Process process, int port) => (_process, _port) = (process, port);

    /// <summary>Starts this very program again as the peer and reads its port.</summary>
    public static async Task<BareKestrel> StartAsync(string data, int listBytes, int getBytes)
    {
        var pki = Path.Combine(data, "pki");
        var start = new System.Diagnostics.ProcessStartInfo(Environment.ProcessPath!, ["bare-kestrel", pki, $"{listBytes}", $"{getBytes}"])
        {
            RedirectStandardOutput = true,
        };
        var process = System.Diagnostics.Process.Start(start)!;
        return new BareKestrel(process, int.Parse((await process.StandardOutput.ReadLineAsync())!));
    }

    /// <summary>The peer's own main: serves until it is killed.</summary>
    public static async Task ServeAsync(string pki, int listBytes, int getBytes)
    {
        var (all, one) = (new byte[listBytes], new byte[getBytes]);
        Random.Shared.NextBytes(all);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen =>
            listen.UseHttps(X509Certificate2.CreateFromPemFile(Path.Combine(pki, "server.crt"), Path.Combine(pki, "server.key")))));
        await using var app = builder.Build();
        app.Run(async context =>
        {
            var body = context.Request.Path == "/all" ? all : one;
            context.Response.ContentType = "application/json";
            context.Response.ContentLength = body.Length;
            await context.Response.BodyWriter.WriteAsync(body);
        });
        await app.StartAsync();
        Console.WriteLine(new Uri(app.Urls.First()).Port);
        await Task.Delay(Timeout.Infinite);
    }

    public HttpClient Client() => new(new SocketsHttpHandler
    {
        SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = static (_, _, _, _) => true },
    })
    {
        BaseAddress = new Uri($"https://127.0.0.1:{_port}"),
        DefaultRequestVersion = HttpVersion.Version20,
        DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
    };

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
