using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace CloudPlane.Doubles;

/// <summary>Kestrel on 127.0.0.1 with one handler for everything, which leaves signals to whoever runs the process.</summary>
internal sealed class LoopbackServer(int port, RequestDelegate handler, Action<KestrelServerLimits>? limits = null) : IAsyncDisposable
{
    private readonly WebApplication _server = Build(port, handler, limits);

    /// <summary>Listens and returns http://127.0.0.1:PORT.</summary>
    /// <exception cref="IOException">The port is taken.</exception>
    public async Task<Uri> StartAsync(CancellationToken cancellationToken)
    {
        await _server.StartAsync(cancellationToken);
        return new Uri(_server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private static WebApplication Build(int port, RequestDelegate handler, Action<KestrelServerLimits>? limits)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromSeconds(2));
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            limits?.Invoke(kestrel.Limits);
            kestrel.Listen(IPAddress.Loopback, port);
        });
        var server = builder.Build();
        server.Run(handler);
        return server;
    }

    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
