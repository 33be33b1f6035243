using CloudPlane.Client;

namespace CloudPlane.Agent;

/// <summary>
/// The probes of one pod's running containers: starts and stops their workers, and knows their results. Belongs to the pod's actor:
/// only its loop calls it; workers report by <paramref name="post"/>, which must bring the action back onto that loop.
/// </summary>
internal sealed class PodProbes(IProber prober, TimeProvider time, Action<Action> post) : IProbeView, IAsyncDisposable
{
    private readonly Dictionary<string, ContainerProbes> _containers = [];
    private readonly List<Task> _ending = [];
    private bool _podStopping;

    /// <summary>Told of every failed or odd probing, for events.</summary>
    public Action<Container, ProbeKind, ProbeOutcome>? Observed { get; set; }

    public bool Started(RuntimeContainer container) => _containers.TryGetValue(container.Id, out var state) && state.Started;

    public bool Ready(RuntimeContainer container) =>
        _containers.TryGetValue(container.Id, out var state) && state is { Started: true, Ready: true };

    public bool LivenessFailed(RuntimeContainer container) => _containers.TryGetValue(container.Id, out var state) && state.LivenessFailed;

    public bool StartupFailed(RuntimeContainer container) => _containers.TryGetValue(container.Id, out var state) && state.StartupFailed;

    /// <summary>
    /// Makes the workers fit the containers that run. <paramref name="before"/> gives what an earlier agent reported of a container
    /// (by its id), so that adopting a ready pod does not make it unready until its first probe.
    /// </summary>
    public void Reconcile(Pod pod, RuntimePod actual, string address, Func<string, ContainerStatus?> before)
    {
        foreach (var container in actual.Containers)
        {
            if (!container.Running || pod.FindContainer(container.Name) is not { } spec) continue;
            if (!_containers.TryGetValue(container.Id, out var state))
            {
                var known = before(container.Id);
                _containers[container.Id] = state = new ContainerProbes
                {
                    Started = spec.StartupProbe is null || known?.Started == true,
                    Ready = spec.ReadinessProbe is null || known?.Ready == true,
                };
            }
            StartWorkers(state, container, spec, address);
        }
        foreach (var id in _containers.Keys.Where(id => actual.Find(id) is not { Running: true }).ToArray()) Stop(id);
        _ending.RemoveAll(t => t.IsCompleted);
    }

    /// <summary>
    /// The pod is stopping: that its containers fail is no news any more. Whether they are ready is still asked until they have ended, as in
    /// the kubelet: a server that drains says so by its readiness.
    /// </summary>
    public void StopLivenessAndStartup()
    {
        _podStopping = true;
        foreach (var state in _containers.Values) state.CancelLivenessAndStartup();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var id in _containers.Keys.ToArray()) Stop(id);
        await Task.WhenAll(_ending).ConfigureAwait(false);
    }

    private void StartWorkers(ContainerProbes state, RuntimeContainer container, Container spec, string address)
    {
        var target = new ProbeTarget(container.Id, spec, address);
        if (!state.Started)
        {
            Start(state, ProbeKind.Startup, spec.StartupProbe, target, container.StartedAt, null, ok =>
                { state.Started = ok; state.StartupFailed = !ok; });
            return;
        }
        Start(state, ProbeKind.Liveness, spec.LivenessProbe, target, container.StartedAt, true, ok => state.LivenessFailed = !ok);
        Start(state, ProbeKind.Readiness, spec.ReadinessProbe, target, container.StartedAt, state.Ready, ok => state.Ready = ok);
    }

    private void Start(ContainerProbes state, ProbeKind kind, Probe? probe, ProbeTarget target, DateTimeOffset startedAt, bool? initial,
        Action<bool> apply)
    {
        if (probe is null || _podStopping && kind != ProbeKind.Readiness || !state.Kinds.Add(kind)) return;
        var worker = new ProbeWorker(kind, probe, target, prober, time);
        state.Workers.Add(RunAsync(worker, kind, target, startedAt, initial, apply, state.Token(kind)));
    }

    private async Task RunAsync(ProbeWorker worker, ProbeKind kind, ProbeTarget target, DateTimeOffset startedAt, bool? initial,
        Action<bool> apply, CancellationToken cancellationToken)
    {
        // The actor's loop must not run a probe's first steps.
        await Task.Yield();
        try
        {
            await worker.RunAsync(startedAt, initial, ok => post(() => apply(ok)), outcome =>
            {
                if ((!outcome.Success || outcome.Warning) && !cancellationToken.IsCancellationRequested)
                    Observed?.Invoke(target.Container, kind, outcome);
            }, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
        }
    }

    private void Stop(string id)
    {
        if (!_containers.Remove(id, out var state)) return;
        state.Cancel();
        _ending.AddRange(state.Workers);
    }

    private sealed class ContainerProbes
    {
        private readonly CancellationTokenSource _stopReadiness = new();
        private readonly CancellationTokenSource _stopLivenessAndStartup = new();

        public bool Started { get; set; }
        public bool Ready { get; set; }
        public bool LivenessFailed { get; set; }
        public bool StartupFailed { get; set; }
        public HashSet<ProbeKind> Kinds { get; } = [];
        public List<Task> Workers { get; } = [];

        public CancellationToken Token(ProbeKind kind) =>
            kind == ProbeKind.Readiness ? _stopReadiness.Token : _stopLivenessAndStartup.Token;

        public void CancelLivenessAndStartup() => _stopLivenessAndStartup.Cancel();

        public void Cancel()
        {
            CancelLivenessAndStartup();
            _stopReadiness.Cancel();
        }
    }
}
