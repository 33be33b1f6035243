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
using Microsoft.Extensions.Logging;

namespace CloudPlane.Doubles;

/// <summary>Serves a <see cref="ServiceBusDouble"/> over HTTP until it is disposed, which ends waiting receivers.</summary>
public sealed class ServiceBusDoubleServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private ServiceBusDoubleServer(ServiceBusDouble bus, WebApplication app, Uri endpoint)
    {
        (Bus, _app, Endpoint) = (bus, app, endpoint);
    }

    public ServiceBusDouble Bus { get; }

    /// <summary>E.g. http://127.0.0.1:PORT/; the first when it has several.</summary>
    public Uri Endpoint { get; }

    /// <summary>Starts to listen; port 0 takes a free one, on one address.</summary>
    /// <param name="addresses">Null for 127.0.0.1.</param>
    /// <param name="certificate">For https; null for plain http.</param>
    public static async Task<ServiceBusDoubleServer> StartAsync(
        ServiceBusDouble bus, int port = 0, IReadOnlyList<IPAddress>? addresses = null, X509Certificate2? certificate = null, CancellationToken cancellationToken = default)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        // Who is told to stop stops: a test's own process handles its signals.
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromSeconds(2));
        builder.WebHost.ConfigureKestrel(options =>
        {
            foreach (var address in addresses ?? [IPAddress.Loopback])
                options.Listen(address, port, listen => Configure(listen, certificate));
            options.AddServerHeader = false;
            options.Limits.MaxRequestBodySize = 4 * 1024 * 1024;
            options.Limits.MaxRequestHeadersTotalSize = 128 * 1024;
        });
        var app = builder.Build();
        var stopping = app.Lifetime.ApplicationStopping;
        var requests = new RequestHandler(bus);
        app.Run(context => HandleAsync(bus, requests, context, stopping));
        await app.StartAsync(cancellationToken);
        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        return new ServiceBusDoubleServer(bus, app, new Uri(address));
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    private static void Configure(ListenOptions listen, X509Certificate2? certificate)
    {
        if (certificate is not null)
            listen.UseHttps(certificate);
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
