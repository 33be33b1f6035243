using System.Diagnostics;

namespace CloudPlane.Doubles;

/// <summary>One instance of a scale group: a Functions host with its handler process, which is started anew when it crashes.</summary>
public sealed class HostInstance
{
    private readonly FunctionApp _app;
    private readonly FunctionsHostOptions _options;
    private readonly ProcessSpawner _spawner;
    private readonly CancellationTokenSource _gone = new();
    private readonly HandlerHealth _health;
    private readonly Lock _lock = new();
    private TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    // Of the handler that runs: set when its end has been noticed.
    private TaskCompletionSource _end = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Process? _process;
    private bool _restarting;
    private volatile bool _vanished;

    internal HostInstance(string id, string group, FunctionApp app, FunctionsHostOptions options, ProcessSpawner spawner, Chance chance)
    {
        (Id, Group, _app, _options, _spawner) = (id, group, app, options, spawner);
        _health = new HandlerHealth(options.Time, options.CrashWindow);
        // As the host does: chosen once for the life of the instance, so that a re-send reaches the handler's successor.
        Port = chance.FreePort();
        WorkerId = chance.NewId().ToString();
        LogFile = Path.Combine(Path.GetFullPath(options.LogFolder), $"{id}.log");
        Meter = new ExecutionMeter(options.Time);
        Client = new HttpMessageInvoker(new SocketsHttpHandler
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            ActivityHeadersPropagator = null,
        });
        Completion = RunAsync();
    }

    /// <summary>The group's name and a number, such as "http-1".</summary>
    public string Id { get; }

    /// <summary>"http", or "function:NAME".</summary>
    public string Group { get; }

    /// <summary>What the handler wrote to stdout and stderr.</summary>
    public string LogFile { get; }

    /// <summary>Of the handler; null while there is none.</summary>
    public int? ProcessId
    {
        get
        {
            lock (_lock)
                return _process?.Id;
        }
    }

    /// <summary>Whether the handler has answered and not crashed since.</summary>
    public bool IsReady
    {
        get
        {
            lock (_lock)
                return _ready.Task.IsCompletedSuccessfully;
        }
    }

    /// <summary>Executions under way.</summary>
    public int Executions => Meter.Active;

    /// <summary>Ends when the instance has ended and its handler is dead.</summary>
    public Task Completion { get; }

    internal int Port { get; }

    internal string WorkerId { get; }

    internal ExecutionMeter Meter { get; }

    internal HttpMessageInvoker Client { get; }

    /// <summary>The most memory that a handler of it had, in MiB.</summary>
    internal long PeakMemory { get; private set; }

    /// <summary>Cancelled when the instance ends.</summary>
    internal CancellationToken Gone => _gone.Token;

    internal Uri Address => new($"http://127.0.0.1:{Port}");

    /// <summary>Waits for a handler that answers.</summary>
    /// <exception cref="InstanceGoneException"/>
    internal async Task ReadyAsync(CancellationToken cancellationToken)
    {
        Task ready;
        lock (_lock)
            ready = _ready.Task;
        try
        {
            await ready.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (_gone.IsCancellationRequested)
        {
            throw NewGone();
        }
    }

    /// <summary>
    /// To be awaited when a connection to the handler failed: until it answers, or its end has been noticed and the next one does. The host
    /// gives no execution to a worker that it saw end (HttpFunctionInvocationDispatcher), and what is abandoned comes again at once.
    /// </summary>
    internal async Task SettleAsync()
    {
        Task end;
        lock (_lock)
            end = _end.Task;
        await Readiness.ProbeAsync(this, end, _options);
    }

    internal InstanceGoneException NewGone() => new(Id, _vanished);

    /// <summary>kill -9 of the handler; the host starts another, unless it was the third crash.</summary>
    internal void KillHandler()
    {
        lock (_lock)
            _process?.Kill();
    }

    /// <summary>What the host does when an execution exceeds functionTimeout. Not a crash.</summary>
    internal void RestartHandler()
    {
        lock (_lock)
        {
            _restarting = true;
            _process?.Kill();
        }
    }

    /// <summary>The machine vanishes: the handler is dead at once and nothing is told.</summary>
    internal void Vanish()
    {
        _vanished = true;
        _gone.Cancel();
        KillHandler();
    }

    private async Task RunAsync()
    {
        await Task.Yield();
        try
        {
            while (!_gone.IsCancellationRequested)
            {
                if (await RunHandlerAsync() && _health.Crashed())
                    break;
                NoticeEnd();
            }
        }
        finally
        {
            await _gone.CancelAsync();
            NewReadiness().TrySetException(NewGone());
            Client.Dispose();
        }
    }

    /// <summary>One handler's life. True when it ended by a crash, or never answered.</summary>
    private async Task<bool> RunHandlerAsync()
    {
        Process process;
        try
        {
            process = await _spawner.StartAsync(
                _app.Host.Executable, _app.Host.Arguments, _app.Host.WorkingDirectory, HandlerEnvironment.Of(_app, _options, this), LogFile);
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            await File.AppendAllTextAsync(LogFile, $"the handler can't be started: {e.Message}\n");
            return true;
        }

        using (process)
        {
            lock (_lock)
                (_process, _restarting) = (process, false);
            if (_gone.IsCancellationRequested)
                process.Kill();
            var exit = process.WaitForExitAsync(CancellationToken.None);
            if (await Readiness.ProbeAsync(this, exit, _options))
                _ready.TrySetResult();
            else if (!process.HasExited)
                process.Kill();
            await ObserveAsync(process, exit);
            lock (_lock)
                _process = null;
            NewReadiness();
            return !_restarting && !_gone.IsCancellationRequested;
        }
    }

    private async Task ObserveAsync(Process process, Task exit)
    {
        var pause = TimeSpan.FromSeconds(1);
        do
            PeakMemory = Math.Max(PeakMemory, HandlerMemory.PeakOf(process.Id));
        while (await Task.WhenAny(exit, Task.Delay(pause, CancellationToken.None)) != exit);
        await exit;
    }

    private void NoticeEnd()
    {
        lock (_lock)
        {
            _end.SetResult();
            _end = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    /// <summary>From now on everybody waits for the next handler; who waited for the last is told that it is gone only with the instance.</summary>
    private TaskCompletionSource NewReadiness()
    {
        lock (_lock)
        {
            if (_ready.Task.IsCompleted)
                _ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _ready;
        }
    }
}
