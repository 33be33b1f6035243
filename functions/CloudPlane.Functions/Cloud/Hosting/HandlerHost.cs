using System.Net;
using System.Runtime.InteropServices;
using Azure.Core;
using CloudPlane.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace CloudPlane.Functions;

/// <summary>
/// The custom handler: plain HTTP/1.1 on loopback, for the Functions host alone. Runs until SIGTERM; the host starts another when it wants.
/// </summary>
internal static class HandlerHost
{
    private static readonly TimeSpan EndPatience = TimeSpan.FromSeconds(5);

    /// <summary>Whether the Functions host has started this process.</summary>
    public static bool IsHosted(Func<string, string?> environment) => environment(HandlerSettings.PortVariable) is { Length: > 0 };

    /// <exception cref="SettingsException">An app setting is missing or wrong.</exception>
    /// <exception cref="StartupException">The port is taken.</exception>
    public static async Task RunAsync(Func<string, string?> environment)
    {
        var settings = HandlerSettings.Read(environment);
        using var stop = new CancellationTokenSource();
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var loggers = new LineLoggerProvider(Console.Error, TimeProvider.System, LogLevel.Warning);
        var credential = new Lazy<TokenCredential>(AzureIdentity.Create);
        await using var store = new TablesStore(TablesOptions(settings, credential), TimeProvider.System, Random.Shared);
        using var bus = new ServiceBusClient(new ServiceBusOptions
        {
            Endpoint = settings.BusEndpoint,
            Key = settings.BusKey,
            Credential = settings.BusKey is null ? credential.Value : null,
        });
        Func<IDisposable>? sendMetrics = settings.InsightsConnection is not { } insights
            ? null
            : () => InsightsMetrics.Start(FunctionApp.MeterName, insights, settings.TablesKey is null ? credential.Value : null);
        await using var app = new FunctionApp(settings, store, store, bus, TimeProvider.System, loggers, sendMetrics);
        await ServeAsync(settings, app, loggers, stop.Token);

        void Stop(PosixSignalContext signal)
        {
            // Ours is an orderly end: requests finish, announcements are sent.
            signal.Cancel = true;
            stop.Cancel();
        }
    }

    private static TablesStoreOptions TablesOptions(HandlerSettings settings, Lazy<TokenCredential> credential) => new()
    {
        Endpoint = settings.TablesEndpoint,
        Key = settings.TablesKey,
        Credential = settings.TablesKey is null ? credential.Value : null,
        CreateOnFirstWrite = static cluster => cluster is ClusterRegistry.Default or ClusterRegistry.Deployment,
    };

    private static async Task ServeAsync(HandlerSettings settings, FunctionApp app, LineLoggerProvider loggers, CancellationToken cancellationToken)
    {
        await using var web = CreateWeb(settings, app, loggers);
        try
        {
            await web.StartAsync(cancellationToken);
        }
        catch (IOException e)
        {
            throw new StartupException($"can't listen on 127.0.0.1:{settings.Port}: {e.Message}", e);
        }

        await Task.Delay(Timeout.Infinite, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        app.Api.EndStreams();
        using var patience = new CancellationTokenSource(EndPatience);
        await web.StopAsync(patience.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private static WebApplication CreateWeb(HandlerSettings settings, FunctionApp app, LineLoggerProvider loggers)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            // The API limits bodies by itself (413 with a Status); the host forwards slow streams as they come.
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Listen(IPAddress.Loopback, settings.Port, listen => listen.Protocols = HttpProtocols.Http1);
        });
        builder.Services.AddSingleton<ILoggerFactory>(loggers);
        var web = builder.Build();
        ((IApplicationBuilder)web).Run(app.HandleAsync);
        return web;
    }
}
