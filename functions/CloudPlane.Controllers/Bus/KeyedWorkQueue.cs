using CloudPlane.Client;

namespace CloudPlane.Controllers;

/// <summary>
/// The keys that one controller has to look at. A key is handed out to one worker at a time; adding it meanwhile makes it ready once
/// more after <see cref="Complete"/>. Nothing polls: workers wait on a semaphore, delays on one timer armed for the earliest of them.
/// </summary>
internal sealed class KeyedWorkQueue : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Queue<ReconcileKey> _ready = new();
    private readonly HashSet<ReconcileKey> _dirty = [];
    private readonly HashSet<ReconcileKey> _working = [];
    private readonly PriorityQueue<ReconcileKey, long> _delayed = new();
    private readonly Dictionary<ReconcileKey, long> _due = [];
    private readonly SemaphoreSlim _available = new(0);
    private readonly TimeProvider _time;
    private readonly ITimer _timer;

    public KeyedWorkQueue(TimeProvider time)
    {
        _time = time;
        _timer = time.CreateTimer(static queue => ((KeyedWorkQueue)queue!).ReleaseDue(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Whether a key is ready or in work (delayed keys don't count).</summary>
    public bool IsBusy
    {
        get
        {
            lock (_gate)
            {
                return _dirty.Count > 0 || _working.Count > 0;
            }
        }
    }

    public void Add(ReconcileKey key)
    {
        lock (_gate)
        {
            if (!_dirty.Add(key) || _working.Contains(key))
            {
                return;
            }
            _ready.Enqueue(key);
        }
        _available.Release();
    }

    public void AddAfter(ReconcileKey key, TimeSpan delay)
    {
        if (delay <= TimeSpan.Zero)
        {
            Add(key);
            return;
        }
        lock (_gate)
        {
            var due = _time.GetUtcNow().UtcTicks + delay.Ticks;
            if (_due.TryGetValue(key, out var earlier) && earlier <= due)
            {
                return;
            }
            _due[key] = due;
            _delayed.Enqueue(key, due);
            ArmTimer();
        }
    }

    /// <summary>Waits for a key; the caller calls <see cref="Complete"/> when it is done with it.</summary>
    public async ValueTask<ReconcileKey> TakeAsync(CancellationToken cancellationToken)
    {
        await _available.WaitAsync(cancellationToken).ConfigureAwait(false);
        lock (_gate)
        {
            var key = _ready.Dequeue();
            _dirty.Remove(key);
            _working.Add(key);
            return key;
        }
    }

    public void Complete(ReconcileKey key)
    {
        lock (_gate)
        {
            _working.Remove(key);
            if (!_dirty.Contains(key))
            {
                return;
            }
            _ready.Enqueue(key);
        }
        _available.Release();
    }

    public void Dispose()
    {
        _timer.Dispose();
        _available.Dispose();
    }

    private void ReleaseDue()
    {
        List<ReconcileKey> due = [];
        lock (_gate)
        {
            var now = _time.GetUtcNow().UtcTicks;
            while (_delayed.TryPeek(out var key, out var at) && at <= now)
            {
                _delayed.Dequeue();
                // A shorter delay set later left this entry behind: only the one that _due names counts.
                if (_due.TryGetValue(key, out var wanted) && wanted == at)
                {
                    _due.Remove(key);
                    due.Add(key);
                }
            }
            ArmTimer();
        }
        due.ForEach(Add);
    }

    private void ArmTimer()
    {
        if (!_delayed.TryPeek(out _, out var at))
        {
            return;
        }
        var wait = TimeSpan.FromTicks(Math.Max(at - _time.GetUtcNow().UtcTicks, 0));
        // Timers count whole milliseconds and refuse more than 49 days; rounding up keeps one from firing just before its time.
        var milliseconds = Math.Min(Math.Ceiling(wait.TotalMilliseconds), TimeSpan.FromDays(30).TotalMilliseconds);
        _timer.Change(TimeSpan.FromMilliseconds(milliseconds), Timeout.InfiniteTimeSpan);
    }
}
