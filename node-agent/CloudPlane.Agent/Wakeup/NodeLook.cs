using CloudPlane.Client;

namespace CloudPlane.Agent;

/// <summary>
/// Fetches what concerns this node when somebody says that it changed, and by the clock in case nobody could: seldom while the bus works, more
/// often while it is away. What is said during a fetch is one more fetch, however often it is said.
/// </summary>
internal sealed class NodeLook(
    ListCache<Node> nodes, ListCache<Service> services, ListCache<Pod> pods, LookPeriods periods, TimeProvider time, Random random, AgentLog log)
{
    private static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LastRetry = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _wake = new(0, 1);
    private LookAt _pending = LookAt.Everything;
    private bool _away;
    private DateTimeOffset _due = DateTimeOffset.MaxValue;

    /// <summary>Brings the volumes of running pods up to date.</summary>
    public Action RefreshVolumes { get; set; } = static () => { };

    /// <summary>Looks as soon as may be.</summary>
    public void Look(LookAt what)
    {
        lock (_lock)
        {
            _pending |= what;
            Wake();
        }
    }

    /// <summary>Whether bells can be heard. When they can again, everything is looked at, for some will have been missed.</summary>
    public void Hears(bool hears)
    {
        lock (_lock)
        {
            if (_away == !hears) return;
            _away = !hears;
            if (hears) _pending = LookAt.Everything;
            else _due = time.GetUtcNow() + Jittered(periods.Away);
            Wake();
        }
    }

    /// <summary>Runs until cancelled; begins with a look at everything.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var backoff = new Backoff(FirstRetry, LastRetry, random);
        while (true)
        {
            var what = Take();
            try
            {
                await FetchAsync(what, cancellationToken).ConfigureAwait(false);
                backoff.Reset();
            }
            catch (Exception e) when (e is ApiException or ApiUnreachableException)
            {
                log.Debug($"looking at what changed: {e.Message}");
                lock (_lock) _pending |= what;
                await Task.Delay(backoff.Next(), time, cancellationToken).ConfigureAwait(false);
                continue;
            }
            if (what == LookAt.Everything) SetDue();
            await PendingAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task FetchAsync(LookAt what, CancellationToken cancellationToken)
    {
        if (what.HasFlag(LookAt.Volumes)) RefreshVolumes();
        if (what.HasFlag(LookAt.Nodes)) await nodes.RefreshAsync(null, cancellationToken).ConfigureAwait(false);
        if (what.HasFlag(LookAt.Services)) await services.RefreshAsync(null, cancellationToken).ConfigureAwait(false);
        if (!what.HasFlag(LookAt.Pods)) return;
        await pods.RefreshAsync(
            async now =>
            {
                // A new pod's variables tell of the services that there are when it begins.
                var known = pods.Objects.Values.Select(pod => pod.Uid()).ToHashSet();
                if (!what.HasFlag(LookAt.Services) && now.Values.Any(pod => !known.Contains(pod.Uid())))
                    await services.RefreshAsync(null, cancellationToken).ConfigureAwait(false);
            }, cancellationToken).ConfigureAwait(false);
    }

    private LookAt Take()
    {
        lock (_lock)
        {
            var what = _pending;
            _pending = LookAt.None;
            return what;
        }
    }

    private void SetDue()
    {
        var now = time.GetUtcNow();
        lock (_lock) _due = _away ? now + Jittered(periods.Away) : AtHeartbeat(now + Jittered(periods.Slow));
    }

    private async Task PendingAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            TimeSpan left;
            lock (_lock)
            {
                left = _due - time.GetUtcNow();
                if (left <= TimeSpan.Zero) _pending = LookAt.Everything;
                if (_pending != LookAt.None) return;
            }
            using var wait = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            await Task.WhenAny(Task.Delay(left, time, wait.Token), _wake.WaitAsync(wait.Token)).ConfigureAwait(false);
            await wait.CancelAsync().ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    private void Wake()
    {
        if (_wake.CurrentCount == 0) _wake.Release();
    }

    private DateTimeOffset AtHeartbeat(DateTimeOffset earliest)
    {
        var rest = earliest.UtcTicks % periods.Heartbeat.Ticks;
        return rest == 0 ? earliest : earliest.AddTicks(periods.Heartbeat.Ticks - rest);
    }

    // Many nodes lose the bus in the same moment.
    private TimeSpan Jittered(TimeSpan period) => period * (1 - random.NextDouble() / 4);
}

/// <summary>How often a node looks though nobody told it to.</summary>
/// <param name="Slow">While all is well, for bells that were lost. Each look wakes the control plane, which costs money: so it is at a heartbeat.</param>
/// <param name="Away">While bells can't be heard.</param>
/// <param name="Heartbeat">The control plane is awake at multiples of it.</param>
internal sealed record LookPeriods(TimeSpan Slow, TimeSpan Away, TimeSpan Heartbeat)
{
    public static LookPeriods Default(TimeSpan heartbeat) => new(TimeSpan.FromHours(4), TimeSpan.FromMinutes(2), heartbeat);
}
