namespace CloudPlane.Storage;

/// <summary>
/// Notices what other processes write, by reading the head again and again: often when it moved lately, seldom when it did not, and not at
/// all while nobody waits. All who wait share one reading.
/// </summary>
internal sealed class HeadPoller(TablesPartition partition, TablesStoreOptions options, TimeProvider time, CancellationToken closing)
{
    private const double SlowDown = 1.15;

    private readonly Lock _gate = new();
    private Task _polling = Task.CompletedTask;
    private int _waiting;

    /// <summary>Completes when the head is greater than <paramref name="after"/>.</summary>
    /// <exception cref="StoreUnavailableException">The head can't be read.</exception>
    public async Task<long> WaitAsync(long after, CancellationToken cancellationToken)
    {
        if (partition.Signal.Head > after)
            return partition.Signal.Head;
        Join();
        try
        {
            return await partition.Signal.WaitAsync(after, cancellationToken);
        }
        finally
        {
            lock (_gate)
                _waiting--;
        }
    }

    /// <summary>Ends when nothing polls any more; the store's closing ends it.</summary>
    public Task EndAsync()
    {
        lock (_gate)
            return _polling;
    }

    private void Join()
    {
        lock (_gate)
        {
            if (_waiting++ == 0 && _polling.IsCompleted)
                _polling = Task.Run(PollAsync);
        }
    }

    private async Task PollAsync()
    {
        try
        {
            await PollWhileSomebodyWaitsAsync();
        }
        catch (OperationCanceledException) when (closing.IsCancellationRequested)
        {
            // The store ends those who wait itself.
        }
    }

    private async Task PollWhileSomebodyWaitsAsync()
    {
        var interval = options.FastestPoll;
        while (SomebodyWaits())
        {
            var seen = partition.Signal.Head;
            try
            {
                await partition.ReadHeadAsync(closing);
            }
            catch (Exception e) when (!closing.IsCancellationRequested)
            {
                // Those who wait decide what to do about it; who waits next asks again.
                partition.Signal.Fail(e);
            }
            await Task.Delay(interval, time, closing);
            // Commits of this process count too: where somebody writes, others may.
            interval = partition.Signal.Head > seen ? options.FastestPoll : Min(interval * SlowDown, options.SlowestPoll);
        }
    }

    // Under the lock, so that who joins a moment later sees that nobody polls any more.
    private bool SomebodyWaits()
    {
        lock (_gate)
        {
            if (_waiting > 0)
                return true;
            _polling = Task.CompletedTask;
            return false;
        }
    }

    private static TimeSpan Min(TimeSpan one, TimeSpan other) => one < other ? one : other;
}
