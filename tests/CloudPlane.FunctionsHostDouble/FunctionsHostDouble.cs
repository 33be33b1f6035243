namespace CloudPlane.Doubles;

/// <summary>
/// A function app with a custom handler on Flex Consumption, in this process: reads a published folder, refuses what Azure would refuse, and runs
/// it as Azure does, limits and failures included. Ends its handlers when disposed; they also end when this process is killed.
/// </summary>
public sealed class FunctionsHostDouble : IAsyncDisposable
{
    private const int LongestRequestLine = 64 * 1024;

    private readonly ProcessSpawner _spawner = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly List<ScaleGroup> _groups = [];
    private readonly List<SessionListener> _listeners = [];
    private readonly List<TimerRunner> _timers = [];
    private readonly List<Task> _running = [];
    private readonly WebServer _server;
    private readonly IdentityEndpoint? _identity;

    private FunctionsHostDouble(FunctionsHostOptions options, FunctionApp app, Chance chance, IdentityEndpoint? identity)
    {
        _identity = identity;
        var timeout = options.FunctionTimeout ?? app.Host.FunctionTimeout;
        var log = new HostLog(options.LogFolder, options.Time);
        var invoker = new TriggerInvoker(options, timeout, log);
        ScaleGroup Group(string name, int spread, int concurrency)
        {
            var group = new ScaleGroup(name, spread, concurrency, app, options, _spawner, chance);
            _groups.Add(group);
            return group;
        }

        var http = Group("http", options.HttpInstances, options.HttpConcurrency);
        var frontEnd = new FrontEnd(new HttpRoutes(app.HttpFunctions), http, new HttpProxy(options, chance), options, timeout);
        _server = new WebServer(options.Addresses, options.Port, frontEnd.HandleAsync, options.Certificate, limits =>
        {
            limits.MaxRequestBodySize = options.MaxRequestBody;
            // Over the limits of our own, so that these answer.
            limits.MaxRequestLineSize = LongestRequestLine;
        });
        // Every function that is not HTTP has instances of its own.
        foreach (var function in app.SessionFunctions)
        {
            var group = Group($"function:{function.Name}", spread: 1, concurrency: 1);
            if (options.ServiceBus is { } bus)
                _listeners.Add(new SessionListener(function, bus, group, invoker, app.Host.ServiceBus, options, log));
        }

        foreach (var function in app.TimerFunctions)
            _timers.Add(new TimerRunner(function, Group($"function:{function.Name}", spread: 1, concurrency: 1), invoker, options));
    }

    /// <summary>Of the front end, e.g. http://127.0.0.1:PORT; the first when it has several.</summary>
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
        var chance = new Chance(options.Random);
        var identity = options.Identity is null ? null : await IdentityEndpoint.StartAsync(options.Identity, options.Time, chance.NewId(), cancellationToken);
        if (identity is not null)
            options = options with { PlatformEnvironment = identity.Environment };
        var host = new FunctionsHostDouble(options, app, chance, identity);
        try
        {
            host.Address = await host._server.StartAsync(cancellationToken);
            host._running.AddRange(host._listeners.Select(listener => listener.RunAsync(host._stop.Token)));
            if (options.RunTimers)
                host._running.AddRange(host._timers.Select(timer => timer.RunAsync(host._stop.Token)));
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

    /// <summary>Runs a timer's function now, as its schedule would; true when it succeeded.</summary>
    /// <exception cref="ArgumentException">There is no such timer.</exception>
    public Task<bool> FireTimerAsync(string function) =>
        (_timers.FirstOrDefault(t => t.Name == function) ?? throw new ArgumentException($"there is no timer function {function}", nameof(function))).FireAsync();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        foreach (var group in _groups)
            await group.StopAsync();
        await Task.WhenAll(_running);
        await _server.DisposeAsync();
        if (_identity is not null)
            await _identity.DisposeAsync();
        _spawner.Dispose();
        _stop.Dispose();
    }
}
