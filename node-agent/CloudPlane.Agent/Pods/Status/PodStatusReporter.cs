using System.Globalization;
using System.Threading.Channels;
using CloudPlane.Client;

namespace CloudPlane.Agent;

/// <summary>
/// Sends a pod's status to the API: one patch at a time, always the newest, only what differs. While the API is away the newest is kept.
/// The passing status of a pod that is only just being started waits a moment, since most pods run before anybody could read it.
/// </summary>
internal sealed class PodStatusReporter(ApiClient api, Pod pod, TimeProvider time, AgentLog log)
{
    private static readonly TimeSpan StartingDelay = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LastRetry = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private readonly Channel<bool> _signal =
        Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly List<TaskCompletionSource> _flushes = [];
    private PodStatus? _known = pod.Status;
    private ulong _knownVersion = Version(pod);
    private PodStatus? _wanted;

    /// <summary>The status that is true now, whether it was sent yet or not.</summary>
    public PodStatus? Latest
    {
        get { lock (_lock) return _wanted ?? _known; }
    }

    public void Publish(PodStatus status)
    {
        lock (_lock) _wanted = status;
        _signal.Writer.TryWrite(true);
    }

    /// <summary>What the API has; somebody else may have written into it (a node that was thought dead), and then it is put
    /// right.</summary>
    public void Observed(Pod now)
    {
        lock (_lock)
        {
            if (Version(now) < _knownVersion) return;
            _known = now.Status;
            _knownVersion = Version(now);
        }
        _signal.Writer.TryWrite(true);
    }

    /// <summary>Completes when the newest status has been sent, or can't be sent because the pod is gone.</summary>
    public Task FlushAsync(CancellationToken cancellationToken)
    {
        var flush = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock) _flushes.Add(flush);
        _signal.Writer.TryWrite(true);
        return flush.Task.WaitAsync(cancellationToken);
    }

    public void Complete() => _signal.Writer.TryComplete();

    /// <summary>Sends until <see cref="Complete"/> or cancellation.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            var retry = FirstRetry;
            while (await _signal.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
            {
                _signal.Reader.TryRead(out _);
                await WaitWhileStartingAsync(cancellationToken).ConfigureAwait(false);
                if (await TrySendAsync(cancellationToken).ConfigureAwait(false))
                {
                    retry = FirstRetry;
                    continue;
                }
                await Task.Delay(retry, time, cancellationToken).ConfigureAwait(false);
                retry = retry * 2 < LastRetry ? retry * 2 : LastRetry;
                _signal.Writer.TryWrite(true);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
        }
        finally
        {
            lock (_lock) Release();
        }
    }

    private async Task WaitWhileStartingAsync(CancellationToken cancellationToken)
    {
        var deadline = Task.Delay(StartingDelay, time, cancellationToken);
        while (Starting() && !deadline.IsCompleted)
        {
            var signal = _signal.Reader.WaitToReadAsync(cancellationToken).AsTask();
            if (await Task.WhenAny(deadline, signal).ConfigureAwait(false) == deadline || !await signal.ConfigureAwait(false)) return;
            _signal.Reader.TryRead(out _);
        }
    }

    private bool Starting()
    {
        lock (_lock)
        {
            return _flushes.Count == 0 && _wanted is { Phase: PodPhase.Pending } wanted &&
                (wanted.ContainerStatuses ?? []).Concat(wanted.InitContainerStatuses ?? [])
                    .All(s => s.State?.Waiting?.Reason is "ContainerCreating" or "PodInitializing");
        }
    }

    /// <summary>False when it has to be tried again.</summary>
    private async Task<bool> TrySendAsync(CancellationToken cancellationToken)
    {
        PodStatus? known, wanted;
        int flushes;
        lock (_lock) (known, wanted, flushes) = (_known, _wanted, _flushes.Count);
        if (wanted is not null && PodStatusPatch.Create(pod.Uid(), known, wanted) is { } patch)
        {
            try
            {
                var result = await api.PatchAsync<Pod>(pod.Namespace(), pod.Name(), PatchKind.StrategicMerge, patch, "status",
                    cancellationToken).ConfigureAwait(false);
                lock (_lock)
                {
                    if (Version(result) >= _knownVersion) (_known, _knownVersion) = (result.Status, Version(result));
                }
            }
            catch (ApiException e)
            {
                if (!e.IsNotFound && !e.IsConflict) log.Warn($"the status of pod {pod.Namespace()}/{pod.Name()} was refused: {e.Message}");
                // Gone, or another pod by now (the patch names the uid): nobody is left to tell. Other refusals are tried again.
                if (!e.IsNotFound && e.Code != 409) return false;
            }
            catch (ApiUnreachableException e)
            {
                log.Debug($"the status of pod {pod.Namespace()}/{pod.Name()} could not be sent: {e.Message}");
                return false;
            }
        }
        lock (_lock)
        {
            // A status that came meanwhile has its own signal.
            if (ReferenceEquals(_wanted, wanted)) Release(flushes);
        }
        return true;
    }

    private void Release(int count = int.MaxValue)
    {
        foreach (var flush in _flushes.Take(count)) flush.TrySetResult();
        _flushes.RemoveRange(0, Math.Min(count, _flushes.Count));
    }

    private static ulong Version(Pod pod) =>
        ulong.TryParse(pod.Metadata.ResourceVersion, NumberStyles.None, CultureInfo.InvariantCulture, out var version) ? version : 0;
}
