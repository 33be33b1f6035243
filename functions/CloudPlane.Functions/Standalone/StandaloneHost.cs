using System.Net.Sockets;
using System.Security.Cryptography;
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
    // Long enough for a client that waits for the start, short enough that nobody misses the controllers.
    private static readonly TimeSpan FirstAnswerPatience = TimeSpan.FromSeconds(1);

    private readonly StandaloneOptions _options;
    private readonly ClusterKeys _keys;
    private readonly Task<StandaloneApi> _api;
    private readonly WebApplication _web;
    private readonly LineLoggerProvider _loggers;
    private readonly ILogger _logger;
    private readonly TaskCompletionSource _answered = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private StandaloneHost(StandaloneOptions options, ClusterKeys keys, LineLoggerProvider loggers)
    {
        (_options, _keys, _loggers) = (options, keys, loggers);
        _logger = loggers.CreateLogger("CloudPlane");
        // Beside the web server, which takes as long to start: with two processors the start takes half the time.
        _api = Task.Run(() => StandaloneApi.OpenAsync(options, keys.SigningKey, loggers.CreateLogger("CloudPlane.Api")));
        _web = CreateWeb(new TlsListener(keys, options.Listen, options.Names), loggers);
    }

    /// <summary>Opens everything and answers requests when it returns; the controllers run in <see cref="RunAsync"/>.</summary>
    /// <exception cref="StartupException">The directory, the store or an address can't be used.</exception>
    public static async Task<StandaloneHost> StartAsync(StandaloneOptions options, CancellationToken cancellationToken)
    {
        var keys = OpenKeys(options.DataDirectory);
        var loggers = new LineLoggerProvider(Console.Error, TimeProvider.System, LogLevel.Warning);
        var host = new StandaloneHost(options, keys, loggers);
        try
        {
            await host._web.StartAsync(cancellationToken);
            await host._api;
        }
        // An address in use is an IOException; one that is not this machine's, or a port that is not ours to take, is the socket's own.
        catch (Exception e) when (e is IOException or SocketException)
        {
            await host.DisposeAsync();
            throw new StartupException($"can't listen on {string.Join(", ", options.Listen)}: {e.Message}", e);
        }
        catch (StoreUnavailableException e)
        {
            await host.DisposeAsync();
            throw new StartupException(e.Message, e);
        }

        if (!host.HasKubeconfig())
            host.WriteKubeconfig();
        return host;
    }

    private static ClusterKeys OpenKeys(string dataDirectory)
    {
        try
        {
            Directory.CreateDirectory(dataDirectory);
            return ClusterKeys.OpenOrCreate(dataDirectory, TimeProvider.System);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new StartupException($"--data: {dataDirectory} can't be used: {e.Message}", e);
        }
    }

    /// <summary>Runs the controllers until cancelled, then ends in order: no new requests, controllers, store.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var api = await _api;
        await FirstAnswerAsync(cancellationToken);
        WriteKubeconfig();
        await BootstrapAsync(api.Server, cancellationToken);
        var controllers = CreateControllers(api);
        var compaction = new HistoryCompaction(api.Store, ServeCommand.Cluster, TimeProvider.System);
        var memory = new IdleMemory(TimeProvider.System, static () => GC.GetTotalAllocatedBytes(), IdleMemory.Collect);
        await EndsWithCancellation(Task.WhenAll(
            controllers.RunAsync(OnFailure, cancellationToken), compaction.RunAsync(cancellationToken), memory.RunAsync(cancellationToken)));
        api.Server.EndStreams();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        await EndsWithCancellation(_web.StopAsync(patience.Token));
    }

    /// <summary>What a cluster has from the start. A failure is not the end: the first request that needs it tries again.</summary>
    private async Task BootstrapAsync(ApiServer server, CancellationToken cancellationToken)
    {
        try
        {
            await server.BootstrapAsync(ServeCommand.Cluster, cancellationToken);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            LogFailure(_logger, "bootstrap", ServeCommand.Cluster, TimeSpan.Zero, e);
        }
        catch (OperationCanceledException)
        {
            // Asked for.
        }
    }

    private void OnFailure(ReconcileFailure failure) =>
        LogFailure(_logger, failure.Controller, $"{failure.Key.Namespace}/{failure.Key.Name}", failure.RetryAfter, failure.Error);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _web.DisposeAsync();
        await _api.ContinueWith(
            static opened => opened.IsCompletedSuccessfully ? opened.Result.DisposeAsync().AsTask() : Task.CompletedTask,
            CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default).Unwrap();
        _keys.Dispose();
        _loggers.Dispose();
    }

    /// <summary>Whoever starts the program waits for its first answer: the controllers' first look at everything comes after it.</summary>
    private async Task FirstAnswerAsync(CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(FirstAnswerPatience);
        await _answered.Task.WaitAsync(patience.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private WebApplication CreateWeb(TlsListener listener, LineLoggerProvider loggers)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(listener.Configure);
        builder.Services.AddSingleton<ILoggerFactory>(loggers);
        var web = builder.Build();
        ((IApplicationBuilder)web).Run(async context =>
        {
            listener.DropForeignCertificate(context);
            var api = await _api;
            await api.Server.HandleAsync(context);
            _answered.TrySetResult();
        });
        return web;
    }

    private ControllerSet CreateControllers(StandaloneApi api)
    {
        var (time, random) = (TimeProvider.System, Random.Shared);
        var feed = new StoreChangeFeed(api.Store, ServeCommand.Cluster);
        var replicas = new Replicas(feed);
        var client = ClientOf(api, "system:kube-controller-manager");
        var scheduler = new Scheduler(replicas, ClientOf(api, "system:kube-scheduler"), time, random);
        var options = new ControllerOptions
        {
            Cluster = ServeCommand.Cluster,
            NodeMonitorGracePeriod = _options.NodeGrace,
            PodNetwork = _options.PodNetwork.ToString(),
            ClusterCaPem = _keys.CaCertificate.ExportCertificatePem(),
        };
        return new ControllerSet(client, replicas, feed, time, random, options, [SchedulerRegistration.Of(scheduler)]);
    }

    private static ApiClient ClientOf(StandaloneApi api, string user) => new(new InProcessTransport(api.Server, ServeCommand.Cluster, ApiUser.ControlPlane(user)));

    /// <summary>A quick look, before anything parses certificates: one for this address is there.</summary>
    private bool HasKubeconfig() =>
        File.Exists(_options.KubeconfigPath) && File.ReadAllText(_options.KubeconfigPath).Contains($"server: {_options.Server}\n", StringComparison.Ordinal);

    /// <summary>Rewritten only when it no longer leads here: what its user has added must survive a restart.</summary>
    private void WriteKubeconfig()
    {
        using var admin = _keys.AdminCertificate();
        var text = Kubeconfig.Build(_options.Server, _keys.CaCertificate, admin);
        if (!File.Exists(_options.KubeconfigPath) || !Kubeconfig.Agrees(File.ReadAllText(_options.KubeconfigPath), text))
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
