using System.Threading.Channels;
using CloudPlane.Client;

namespace CloudPlane.Agent;

/// <summary>
/// One pod. A mailbox and a loop: each message changes what is known, and after each the pod is looked at as a whole (level-triggered):
/// desired is the API's object, actual is containerd. Whatever takes time runs beside the loop and reports back into the mailbox.
/// </summary>
internal sealed class PodActor
{
    private readonly PodServices _services;
    private readonly Channel<PodMessage> _mailbox =
        Channel.CreateUnbounded<PodMessage>(new UnboundedChannelOptions { SingleReader = true });
    private readonly PodState _state;
    private readonly OperationSet _operations;
    private readonly PodProbes _probes;
    private readonly PodStatusReporter _reporter;
    private readonly PodRunner _runner;
    private readonly PodEnder _ender;
    private readonly ContainerInspector _inspector;
    private readonly ITimer _timer;

    public PodActor(PodServices services, Pod pod, RuntimePod actual, CancellationToken stopping)
    {
        _services = services;
        _state = new PodState(pod, actual);
        _operations = new OperationSet(Post, services.Log, $"pod {pod.Namespace()}/{pod.Name()}");
        _probes = new PodProbes(services.Prober, services.Time, action => Post(new PodMessage.Apply(action)));
        _reporter = new PodStatusReporter(services.Api, pod, services.Time, services.Log);
        _inspector = new ContainerInspector(services, _state, _operations);
        _runner = new PodRunner(services, _state, _operations, _probes, this, stopping);
        _ender = new PodEnder(services, _state, _operations, _reporter, _runner, stopping);
        _timer = services.Time.CreateTimer(_ => Post(new PodMessage.Wake()), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _probes.Observed = Tell;
        foreach (var sandbox in actual.Sandboxes) services.Index.Add(sandbox.Id, this);
        foreach (var container in actual.Containers) services.Index.Add(container.Id, this);
    }

    public string Uid => _state.Pod.Uid();

    /// <summary>The API's object as the actor knows it; for admission and for the log source.</summary>
    public Pod Pod => _state.Pod;

    /// <summary>What runs of it, as of the last message.</summary>
    public RuntimePod Actual => _state.Actual;

    /// <summary>The API no longer has the pod.</summary>
    public bool Removed => _state.Removed;

    /// <summary>True once nothing of the pod will run any more: its resources are free.</summary>
    public bool Ended => _state.Stopped;

    public void Post(PodMessage message) => _mailbox.Writer.TryWrite(message);

    /// <summary>Runs until nothing is left of the pod, or until the agent stops (what runs then goes on without it).</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var reporting = _reporter.RunAsync(cancellationToken);
        try
        {
            // Behind what was posted already (a refusal, a removal), which the first look must know of.
            Post(new PodMessage.Wake());
            while (!_state.Gone && await _mailbox.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
            {
                while (_mailbox.Reader.TryRead(out var message)) Apply(message);
                Step();
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
        }
        finally
        {
            await _timer.DisposeAsync().ConfigureAwait(false);
            await _probes.DisposeAsync().ConfigureAwait(false);
            _reporter.Complete();
            await reporting.ConfigureAwait(false);
            foreach (var sandbox in _state.Actual.Sandboxes) _services.Index.Remove(sandbox.Id);
            foreach (var container in _state.Actual.Containers) _services.Index.Remove(container.Id);
        }
    }

    private void Apply(PodMessage message)
    {
        switch (message)
        {
            case PodMessage.Updated { Pod: var pod }:
                // Volumes may show the pod's own labels and annotations.
                if (!SameMaps(pod.Metadata.Labels, _state.Pod.Metadata.Labels) || !SameMaps(pod.Metadata.Annotations, _state.Pod.Metadata.Annotations))
                    _runner.RefreshVolumes();
                _state.Pod = pod;
                _reporter.Observed(pod);
                break;
            case PodMessage.Removed { Last: var last }:
                _state.Pod = last;
                _state.Removed = true;
                break;
            case PodMessage.Rejected { Failure: var failure }:
                _state.Stop ??= new PodStop(failure, 0);
                _services.Events.Pod(_state.Pod, null, EventTypes.Warning, failure.Reason,
                    failure.Message.StartsWith("Pod was rejected: ", StringComparison.Ordinal)
                    ? failure.Message["Pod was rejected: ".Length..] : failure.Message);
                break;
            case PodMessage.Exited { Id: var id, End: var end }:
                _inspector.Exited(id, end);
                break;
            case PodMessage.OutOfMemory { Id: var id }:
                _inspector.OutOfMemory(id);
                break;
            case PodMessage.Listed { Digest: var digest }:
                if (digest is null || !_operations.Any && !digest.Matches(_state.Actual)) _inspector.ReadAll();
                break;
            case PodMessage.RefreshVolumes:
                _runner.RefreshVolumes();
                break;
            case PodMessage.Apply { Action: var action }:
                action();
                break;
        }
    }

    private static bool SameMaps(IReadOnlyDictionary<string, string>? one, IReadOnlyDictionary<string, string>? other) =>
        (one?.Count ?? 0) == (other?.Count ?? 0) && (one ?? new Dictionary<string, string>()).All(p => other!.TryGetValue(p.Key, out var value) && value == p.Value);

    /// <summary>One look at the whole pod: do what is next, report what is.</summary>
    private void Step()
    {
        var now = _services.Time.GetUtcNow();
        _inspector.Retry(now);
        _ender.Decide(now);
        if (_state.Stop is null) _runner.Step(now);
        // Running may have found out that the pod is finished.
        if (_state.Stop is not null)
        {
            _probes.StopLivenessAndStartup();
            _ender.Step(now);
        }
        _probes.Reconcile(_state.Pod, _state.Actual, _runner.Address, PreviousStatus);
        if (!_state.Removed && !_state.Gone) _reporter.Publish(PodStatusBuilder.Build(StatusInput(now)));
        SetTimer(now);
    }

    private PodStatusInput StatusInput(DateTimeOffset now) => new()
    {
        Pod = _state.Pod,
        Actual = _state.Actual,
        HostIp = _services.Facts.NodeIp,
        Now = now,
        Previous = _reporter.Latest,
        Waiting = _state.Stop is null ? _state.Waiting : System.Collections.Immutable.ImmutableDictionary<string, WaitingReason>.Empty,
        Probes = c => (_probes.Started(c), _probes.Ready(c)),
        Terminal = _state.Stopped,
        Failure = _state.Stop?.Failure,
    };

    private ContainerStatus? PreviousStatus(string containerId) =>
        (_state.Pod.Status?.ContainerStatuses ?? []).Concat(_state.Pod.Status?.InitContainerStatuses ?? [])
            .FirstOrDefault(s => s.ContainerID == $"containerd://{containerId}");

    private void SetTimer(DateTimeOffset now)
    {
        DateTimeOffset? due = _ender.NextWake(now);
        foreach (var at in _state.RetryAt.Values)
            if (at > now && !(at >= due)) due = at;
        _timer.Change(due is { } when ? when - now + TimeSpan.FromMilliseconds(1) : Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    private void Tell(Container container, ProbeKind kind, ProbeOutcome outcome)
    {
        if (outcome.Warning) _services.Events.Pod(Pod, container, EventTypes.Warning, "ProbeWarning",
            $"{kind} probe warning: {outcome.Output}");
        else if (outcome.Error) _services.Events.Pod(Pod, container, EventTypes.Warning, "Unhealthy",
            $"{kind} probe errored and resulted in unknown state: {outcome.Output}");
        else _services.Events.Pod(Pod, container, EventTypes.Warning, "Unhealthy", $"{kind} probe failed: {outcome.Output}");
    }
}
