using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace CloudPlane.Doubles;

/// <summary>Kestrel with one handler for everything, which leaves signals to whoever runs the process.</summary>
/// <param name="addresses">More than one needs a port.</param>
/// <param name="port">0 takes a free one.</param>
/// <param name="certificate">For https; null for plain http.</param>
internal sealed class WebServer(
    IReadOnlyList<IPAddress> addresses, int port, RequestDelegate handler, X509Certificate2? certificate = null, Action<KestrelServerLimits>? limits = null) : IAsyncDisposable
{
    private readonly WebApplication _server = Build(addresses, port, handler, certificate, limits);

    /// <summary>Listens and returns the first address, e.g. http://127.0.0.1:PORT.</summary>
    /// <exception cref="IOException">The port is taken.</exception>
    public async Task<Uri> StartAsync(CancellationToken cancellationToken)
    {
        await _server.StartAsync(cancellationToken);
        return new Uri(_server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private static WebApplication Build(
        IReadOnlyList<IPAddress> addresses, int port, RequestDelegate handler, X509Certificate2? certificate, Action<KestrelServerLimits>? limits)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromSeconds(2));
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            limits?.Invoke(kestrel.Limits);
            foreach (var address in addresses)
                kestrel.Listen(address, port, listen => Configure(listen, certificate));
        });
        var server = builder.Build();
        server.Run(handler);
        return server;
    }

    private static void Configure(ListenOptions listen, X509Certificate2? certificate)
    {
        if (certificate is null)
            return;
        // Whether Flex Consumption offers HTTP/2 to clients nobody says (azure.md): what holds over HTTP/1.1 holds over both.
        listen.Protocols = HttpProtocols.Http1;
        listen.UseHttps(certificate);
    }

    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
