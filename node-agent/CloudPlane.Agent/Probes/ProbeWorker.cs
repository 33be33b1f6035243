using CloudPlane.Client;

namespace CloudPlane.Agent;

/// <summary>Probes one container in one way, again and again, and tells when the result changes.</summary>
internal sealed class ProbeWorker(ProbeKind kind, Probe probe, ProbeTarget target, IProber prober, TimeProvider time)
{
    private readonly TimeSpan _period = TimeSpan.FromSeconds(Math.Max(1, probe.PeriodSeconds ?? 10));
    private readonly int _failureThreshold = Math.Max(1, probe.FailureThreshold ?? 3);
    private readonly int _successThreshold = Math.Max(1, probe.SuccessThreshold ?? 1);

    /// <summary>
    /// Runs until cancelled, or until a result that ends the container's life (a failed liveness or startup probe) or the probe's
    /// purpose (a startup probe that succeeded). <paramref name="decided"/> hears changes of the result, <paramref name="observed"/> every
    /// outcome.
    /// </summary>
    public async Task RunAsync(DateTimeOffset startedAt, bool? initial, Action<bool> decided, Action<ProbeOutcome> observed,
        CancellationToken cancellationToken)
    {
        var result = initial;
        var (last, run) = (false, 0);
        var first = startedAt + TimeSpan.FromSeconds(probe.InitialDelaySeconds ?? 0) - time.GetUtcNow();
        if (first > TimeSpan.Zero) await Task.Delay(first, time, cancellationToken).ConfigureAwait(false);
        using var timer = new PeriodicTimer(_period, time);
        do
        {
            var outcome = await prober.ProbeAsync(target, probe, cancellationToken).ConfigureAwait(false);
            observed(outcome);
            // An error says nothing about the container: the result stays, whatever the kind (the kubelet's worker throws it away as well).
            if (outcome.Error) continue;
            run = run > 0 && outcome.Success == last ? run + 1 : 1;
            last = outcome.Success;
            if (run < (last ? _successThreshold : _failureThreshold)) continue;
            if (result != last) decided(last);
            result = last;
            if (kind == ProbeKind.Startup || kind == ProbeKind.Liveness && !last) return;
        }
        while (await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false));
    }
}
