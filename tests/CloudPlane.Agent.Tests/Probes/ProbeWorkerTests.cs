using CloudPlane.Client;

namespace CloudPlane.Agent.Tests;

public sealed class ProbeWorkerTests
{
    private static readonly ProbeOutcome Error = new(false, "no such handler", Error: true);
    private static readonly ProbeOutcome Failure = ProbeOutcome.Failed("dead");

    [Theory]
    [InlineData("Startup", null)]
    [InlineData("Liveness", true)]
    [InlineData("Readiness", true)]
    public async Task An_error_is_thrown_away(string kind, bool? initial) =>
        Assert.Empty(await DecidedAsync(kind, initial, Error, Error, Error, Error, Error, Error));

    [Theory]
    [InlineData("Startup", null)]
    [InlineData("Liveness", true)]
    [InlineData("Readiness", true)]
    public async Task Failures_count_up_to_the_threshold_and_an_error_between_them_neither_counts_nor_starts_the_count_anew(string kind, bool? initial)
    {
        Assert.Empty(await DecidedAsync(kind, initial, Failure, Error, Failure));
        Assert.Equal([false], await DecidedAsync(kind, initial, Failure, Error, Failure, Failure));
    }

    /// <summary>What the worker decides while it finds these outcomes; the failure threshold is 3.</summary>
    private static async Task<IReadOnlyList<bool>> DecidedAsync(string kind, bool? initial, params ProbeOutcome[] outcomes)
    {
        var time = new ManualTime();
        var prober = new Script(outcomes);
        var decided = new List<bool>();
        var target = new ProbeTarget("id", new Container { Name = "c" }, "192.0.2.1");
        var worker = new ProbeWorker(Enum.Parse<ProbeKind>(kind), new Probe { PeriodSeconds = 1, FailureThreshold = 3 }, target, prober, time);
        using var stop = new CancellationTokenSource();
        var running = worker.RunAsync(time.GetUtcNow(), initial, decided.Add, _ => { }, stop.Token);
        while (!running.IsCompleted && !prober.Ended)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(1);
        }
        await stop.CancelAsync();
        await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return decided;
    }

    /// <summary>Gives the outcomes one after the other; then no more probe ends.</summary>
    private sealed class Script(ProbeOutcome[] outcomes) : IProber
    {
        private int _next;

        public bool Ended => Volatile.Read(ref _next) > outcomes.Length;

        public async Task<ProbeOutcome> ProbeAsync(ProbeTarget target, Probe probe, CancellationToken cancellationToken)
        {
            var index = Interlocked.Increment(ref _next) - 1;
            if (index >= outcomes.Length) await Task.Delay(Timeout.Infinite, cancellationToken);
            return outcomes[index];
        }
    }
}
