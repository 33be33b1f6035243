using CloudPlane.Storage;

namespace CloudPlane.Api;

/// <summary>
/// The newest changes of one partition, read once for all its watchers. Reads the log while somebody watches; a watcher that is behind
/// what is held here reads the store itself.
/// </summary>
internal sealed class PartitionTail(IStateStore store, Partition partition, TimeProvider time)
{
    private const int Capacity = 4096;
    private const int ReadSize = 512;
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(250);

    private readonly Lock _lock = new();
    private readonly List<WatchEntry> _entries = [];
    private TaskCompletionSource _changed = NewSignal();

    // All changes with _from < revision <= _to are in _entries; -1 until the first head is known.
    private long _from = -1;
    private long _to = -1;

    /// <summary>Changes after a revision, ascending; empty when there are none yet.</summary>
    /// <exception cref="RevisionExpiredException">The log no longer reaches back so far.</exception>
    public async ValueTask<IReadOnlyList<WatchEntry>> ReadAsync(long after, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_from >= 0 && after >= _from)
                return Held(after);
        }

        var changes = await store.ReadLogAsync(partition, after, ReadSize, cancellationToken);
        return [.. changes.Select(c => new WatchEntry(c))];
    }

    /// <summary>Completes when there may be changes after the revision.</summary>
    public Task ChangedAsync(long after)
    {
        lock (_lock)
            return _to > after ? Task.CompletedTask : _changed.Task;
    }

    /// <summary>Follows the log until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await StartAsync(cancellationToken);
                while (true)
                    await StepAsync(cancellationToken);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (RevisionExpiredException)
            {
                // The log was compacted past this reader. Start over at the head: watchers find out for themselves that they are too late.
            }
            // A cluster that was deleted: its watchers end with their time, or go to one that has been made anew.
            catch (Exception e) when (e is StoreUnavailableException or ClusterNotFoundException)
            {
                await Task.Delay(RetryDelay, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async ValueTask StartAsync(CancellationToken cancellationToken)
    {
        var head = await store.GetHeadAsync(partition, cancellationToken);
        lock (_lock)
        {
            if (_from >= 0 && head >= _to && head - _to < Capacity)
                return;
            _entries.Clear();
            _from = _to = head;
            Signal();
        }
    }

    private async ValueTask StepAsync(CancellationToken cancellationToken)
    {
        var changes = await store.ReadLogAsync(partition, _to, ReadSize, cancellationToken);
        if (changes.Count == 0)
        {
            await store.WaitForHeadAsync(partition, _to, cancellationToken);
            return;
        }

        lock (_lock)
        {
            foreach (var change in changes)
                _entries.Add(new WatchEntry(change));
            _to = changes[^1].Revision;
            if (_entries.Count > Capacity)
                Trim();
            Signal();
        }
    }

    private void Trim()
    {
        var excess = _entries.Count - (Capacity / 2);
        _from = _entries[excess - 1].Change.Revision;
        _entries.RemoveRange(0, excess);
    }

    private List<WatchEntry> Held(long after)
    {
        int low = 0, high = _entries.Count;
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_entries[middle].Change.Revision > after)
                high = middle;
            else
                low = middle + 1;
        }

        return _entries.GetRange(low, _entries.Count - low);
    }

    private void Signal()
    {
        var signal = _changed;
        _changed = NewSignal();
        signal.SetResult();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
