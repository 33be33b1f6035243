using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;

namespace CloudPlane.Doubles;

/// <summary>
/// A function app with a custom handler on Flex Consumption, in this process: reads a published folder, refuses what Azure would refuse, and runs
/// it as Azure does, limits and failures included. Ends its handlers when disposed; they also end when this process is killed.
/// </summary>
public sealed class FunctionsHostDouble : IAsyncDisposable
{
    private readonly FunctionsHostOptions _options;
    private readonly ProcessSpawner _spawner = new();
    private readonly ScaleGroup _http;
    private readonly IReadOnlyList<ScaleGroup> _groups;
    private readonly WebApplication _server;

    private FunctionsHostDouble(FunctionsHostOptions options, FunctionApp app)
    {
        _options = options;
        var chance = new Chance(options.Random);
        _http = new ScaleGroup("http", options.HttpInstances, options.HttpConcurrency, app, options, _spawner, chance);
        _groups = [_http];
        var frontEnd = new FrontEnd(app, new HttpRoutes(app.HttpFunctions), _http, new HttpProxy(options, chance), options);
        _server = Server(options, frontEnd);
    }

    /// <summary>Of the front end: http://127.0.0.1:PORT.</summary>
    public Uri Address { get; private set; } = new("http://127.0.0.1");

    /// <summary>All that run or are starting.</summary>
    public IReadOnlyList<HostInstance> Instances => [.. _groups.SelectMany(g => g.Instances)];

    /// <summary>Executions, active time and memory since the start.</summary>
    public MeterReport Meter => new([.. _groups.Select(g => g.Usage())]);

    /// <summary>Reads the app and listens; no handler runs before something is to be executed.</summary>
    /// <exception cref="AppFolderException">The folder or the settings are not what Flex Consumption would run.</exception>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    /// <exception cref="IOException">The port is taken.</exception>
    public static async Task<FunctionsHostDouble> StartAsync(FunctionsHostOptions options, CancellationToken cancellationToken)
    {
        options.Check();
        var app = FunctionApp.Load(options.AppFolder, options.Settings);
        Directory.CreateDirectory(options.LogFolder);
        var host = new FunctionsHostDouble(options, app);
        try
        {
            await host._server.StartAsync(cancellationToken);
            host.Address = new Uri(host._server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
            return host;
        }
        catch
        {
            await host.DisposeAsync();
            throw;
        }
    }

    /// <summary>The instance vanishes with its handler (kill -9): what it executed is cut off, and its locks run out.</summary>
    public static void Kill(HostInstance instance) => instance.Vanish();

    /// <summary>kill -9 of the handler alone; the host starts another in its place, unless it was the third crash within 30 minutes.</summary>
    public static void KillHandler(HostInstance instance) => instance.KillHandler();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var group in _groups)
            await group.StopAsync();
        await _server.DisposeAsync();
        _spawner.Dispose();
    }

    private static WebApplication Server(FunctionsHostOptions options, FrontEnd frontEnd)
    {
        // Over the limits of our own, so that these answer.
        const int longestLine = 64 * 1024;
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = options.MaxRequestBody;
            kestrel.Limits.MaxRequestLineSize = longestLine;
            kestrel.Limits.MaxConcurrentConnections = null;
            kestrel.Listen(IPAddress.Loopback, options.Port);
        });
        var server = builder.Build();
        server.Run(frontEnd.HandleAsync);
        return server;
    }
}
