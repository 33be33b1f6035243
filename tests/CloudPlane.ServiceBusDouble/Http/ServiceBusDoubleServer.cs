using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace CloudPlane.Doubles;

/// <summary>Serves a <see cref="ServiceBusDouble"/> over HTTP on loopback until it is disposed, which ends waiting receivers.</summary>
public sealed class ServiceBusDoubleServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private ServiceBusDoubleServer(ServiceBusDouble bus, WebApplication app, Uri endpoint)
    {
        (Bus, _app, Endpoint) = (bus, app, endpoint);
    }

    public ServiceBusDouble Bus { get; }

    /// <summary>http://127.0.0.1:PORT/</summary>
    public Uri Endpoint { get; }

    /// <summary>Starts to listen; port 0 takes a free one.</summary>
    public static async Task<ServiceBusDoubleServer> StartAsync(ServiceBusDouble bus, int port = 0, CancellationToken cancellationToken = default)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        // Who is told to stop stops: a test's own process handles its signals.
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromSeconds(2));
        builder.WebHost.ConfigureKestrel(options =>
        {
            options.Listen(IPAddress.Loopback, port);
            options.AddServerHeader = false;
            options.Limits.MaxRequestBodySize = 4 * 1024 * 1024;
            options.Limits.MaxRequestHeadersTotalSize = 128 * 1024;
        });
        var app = builder.Build();
        var stopping = app.Lifetime.ApplicationStopping;
        var requests = new RequestHandler(bus);
        app.Run(context => HandleAsync(bus, requests, context, stopping));
        await app.StartAsync(cancellationToken);
        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        return new ServiceBusDoubleServer(bus, app, new Uri(address));
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    private static async Task HandleAsync(ServiceBusDouble bus, RequestHandler requests, HttpContext context, CancellationToken stopping)
    {
        if (bus.Faults.Away)
        {
            context.Abort();
            return;
        }
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopping);
        Reply reply;
        try
        {
            reply = bus.Faults.OfRequest() is { } status
                ? Reply.Error(status, "The server is busy. Please wait 10 seconds and try again.", bus)
                : await requests.HandleAsync(context.Request, ends.Token);
        }
        catch (BusException e)
        {
            reply = Reply.Error(e.Status, e.Message, bus);
        }
        catch (OperationCanceledException)
        {
            context.Abort();
            return;
        }
        if (bus.Faults.Away || bus.Faults.LosesAnswer())
            context.Abort();
        else
            await reply.WriteAsync(context.Response, ends.Token);
    }

    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
