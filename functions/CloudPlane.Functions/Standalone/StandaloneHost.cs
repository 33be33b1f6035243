using System.Security.Cryptography.X509Certificates;
using CloudPlane.Api;
using CloudPlane.Client;
using CloudPlane.Controllers;
using CloudPlane.Scheduling;
using CloudPlane.Schema;
using CloudPlane.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace CloudPlane.Functions;

/// <summary>The composition root of the standalone form: keys, store, API over TLS, controllers and scheduler in one process.</summary>
internal sealed partial class StandaloneHost : IAsyncDisposable
{
    private readonly StandaloneOptions _options;
    private readonly ClusterKeys _keys;
    private readonly IStateStore _store;
    private readonly ApiServer _api;
    private readonly WebApplication _web;
    private readonly LineLoggerProvider _loggers;
    private readonly ILogger _logger;

    private StandaloneHost(StandaloneOptions options, ClusterKeys keys, IStateStore store, LineLoggerProvider loggers)
    {
        (_options, _keys, _store, _loggers) = (options, keys, store, loggers);
        _logger = loggers.CreateLogger("CloudPlane");
        _api = CreateApi(options, keys, store, loggers);
        _web = CreateWeb(new TlsListener(keys, options.Listen), loggers);
    }

    /// <summary>Opens everything and answers requests when it returns; the controllers run in <see cref="RunAsync"/>.</summary>
    /// <exception cref="StartupException">The directory, the store or an address can't be used.</exception>
    public static async Task<StandaloneHost> StartAsync(StandaloneOptions options, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(options.DataDirectory);
        var loggers = new LineLoggerProvider(Console.Error, TimeProvider.System, LogLevel.Warning);
        var keys = ClusterKeys.OpenOrCreate(options.DataDirectory, TimeProvider.System);
        var host = new StandaloneHost(options, keys, OpenStore(options), loggers);
        try
        {
            await host._web.StartAsync(cancellationToken);
        }
        catch (IOException e)
        {
            await host.DisposeAsync();
            throw new StartupException($"can't listen on {string.Join(", ", options.Listen)}: {e.Message}", e);
        }

        host.WriteKubeconfig();
        return host;
    }

    /// <summary>Runs the controllers until cancelled, then ends in order: no new requests, controllers, store.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var controllers = CreateControllers();
        var compaction = new HistoryCompaction(_store, ServeCommand.Cluster, TimeProvider.System);
        await EndsWithCancellation(Task.WhenAll(controllers.RunAsync(OnFailure, cancellationToken), compaction.RunAsync(cancellationToken)));
        _api.EndStreams();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        await EndsWithCancellation(_web.StopAsync(patience.Token));
    }

    private void OnFailure(ReconcileFailure failure) =>
        LogFailure(_logger, failure.Controller, $"{failure.Key.Namespace}/{failure.Key.Name}", failure.RetryAfter, failure.Error);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _web.DisposeAsync();
        await _api.DisposeAsync();
        await _store.DisposeAsync();
        _keys.Dispose();
        _loggers.Dispose();
    }

    private static IStateStore OpenStore(StandaloneOptions options)
    {
        try
        {
            return options.Durable ? new SqliteStore(new SqliteStoreOptions { Directory = options.DataDirectory }) : new MemoryStore();
        }
        catch (StoreUnavailableException e)
        {
            throw new StartupException(e.Message, e);
        }
    }

    private static ApiServer CreateApi(StandaloneOptions options, ClusterKeys keys, IStateStore store, LineLoggerProvider loggers)
    {
        var reachable = options.Listen.FirstOrDefault(address => !System.Net.IPAddress.IsLoopback(address.Address));
        var api = new ApiServerOptions { AdvertiseAddress = reachable?.Address.ToString(), AdvertisePort = reachable?.Port ?? options.Listen[0].Port };
        return new ApiServer(
            api, store, Catalog.LoadBuiltIn(), new TokenSigner(keys.SigningKey, TimeProvider.System), TimeProvider.System, Random.Shared,
            loggers.CreateLogger("CloudPlane.Api"));
    }

    private WebApplication CreateWeb(TlsListener listener, LineLoggerProvider loggers)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(listener.Configure);
        builder.Services.AddSingleton<ILoggerFactory>(loggers);
        var web = builder.Build();
        ((IApplicationBuilder)web).Run(context =>
        {
            listener.DropForeignCertificate(context);
            return _api.HandleAsync(context);
        });
        return web;
    }

    private ControllerSet CreateControllers()
    {
        var (time, random) = (TimeProvider.System, Random.Shared);
        var feed = new StoreChangeFeed(_store, ServeCommand.Cluster);
        var replicas = new Replicas(feed);
        var client = ClientOf("system:kube-controller-manager");
        var scheduler = new Scheduler(replicas, ClientOf("system:kube-scheduler"), time, random);
        var options = new ControllerOptions
        {
            Cluster = ServeCommand.Cluster,
            NodeMonitorGracePeriod = _options.NodeGrace,
            PodNetwork = _options.PodNetwork.ToString(),
            ClusterCaPem = _keys.CaCertificate.ExportCertificatePem(),
        };
        return new ControllerSet(client, replicas, feed, time, random, options, [SchedulerRegistration.Of(scheduler)]);
    }

    private ApiClient ClientOf(string user) => new(new InProcessTransport(_api, ServeCommand.Cluster, ApiUser.ControlPlane(user)));

    /// <summary>Rewritten only when it would say something else: a user may have it open.</summary>
    private void WriteKubeconfig()
    {
        using var admin = _keys.AdminCertificate();
        var text = Kubeconfig.Build($"https://{_options.Listen[0]}", _keys.CaCertificate, admin);
        if (!File.Exists(_options.KubeconfigPath) || File.ReadAllText(_options.KubeconfigPath) != text)
            PrivateFile.Write(_options.KubeconfigPath, text);
    }

    private static async Task EndsWithCancellation(Task task)
    {
        try
        {
            await task;
        }
        catch (OperationCanceledException)
        {
            // Asked for.
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "{Controller} failed on {Key}, again in {RetryAfter}")]
    private static partial void LogFailure(ILogger logger, string controller, string key, TimeSpan retryAfter, Exception error);
}
