namespace CloudPlane.Doubles;

/// <summary>Runs a timer's function by its schedule, and by hand.</summary>
internal sealed class TimerRunner(TimerFunction function, ScaleGroup group, TriggerInvoker invoker, FunctionsHostOptions options)
{
    public string Name => function.Name;

    /// <summary>Until cancelled. A time that passes while the function runs is left out: the host's timers are singletons.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var last = options.Time.GetUtcNow();
        try
        {
            while (function.Schedule.Next(last) is { } next)
            {
                var wait = next - options.Time.GetUtcNow();
                await Task.Delay(wait > TimeSpan.Zero ? wait : TimeSpan.Zero, options.Time, cancellationToken);
                await FireAsync();
                var now = options.Time.GetUtcNow();
                last = now > next ? now : next;
            }
        }
        catch (OperationCanceledException)
        {
            // The host stops.
        }
    }

    /// <summary>Runs it now; true when it succeeded.</summary>
    public async Task<bool> FireAsync()
    {
        try
        {
            using var execution = group.Begin();
            return await invoker.InvokeAsync(function.Name, TriggerEnvelope.OfTimer(function, options.Time.GetUtcNow(), execution.Id), execution);
        }
        catch (InstanceGoneException)
        {
            return false;
        }
    }
}
