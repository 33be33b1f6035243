namespace CloudPlane.Storage;

/// <summary>
/// The only one who writes: a thread that takes all waiting work, of whatever partitions, into one transaction (group commit).
/// While one transaction is being synced to the disk, the next one's work gathers.
/// </summary>
internal sealed class SqliteWriter
{
    // Bounds how long the first of many waiting writes can be held up by the others, and how far the WAL grows at once.
    private const int MaxBatch = 1024;
    private const long MaxBatchBytes = 16 * 1024 * 1024;

    private readonly object _gate = new();
    private readonly WriteTransaction _transaction;
    private readonly Thread _thread;
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Queue<IWriterWork> _waiting = new();
    private bool _idle;
    private bool _closing;

    public SqliteWriter(WriteTransaction transaction)
    {
        _transaction = transaction;
        _thread = new Thread(Run) { IsBackground = true, Name = "sqlite-writer" };
        _thread.Start();
    }

    public void Enqueue(IWriterWork work)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_closing, typeof(SqliteStore));
            _waiting.Enqueue(work);
            if (_idle)
                Monitor.Pulse(_gate);
        }
    }

    /// <summary>Commits what is waiting, takes nothing more, and ends the thread.</summary>
    public Task CloseAsync()
    {
        lock (_gate)
        {
            _closing = true;
            Monitor.Pulse(_gate);
        }
        return _stopped.Task;
    }

    private void Run()
    {
        var taken = new Queue<IWriterWork>();
        var batch = new List<IWriterWork>();
        while (TakeAll(ref taken))
        {
            while (taken.Count > 0)
            {
                FillBatch(taken, batch);
                Commit(batch);
                batch.Clear();
            }
        }
        _stopped.SetResult();
    }

    private bool TakeAll(ref Queue<IWriterWork> taken)
    {
        lock (_gate)
        {
            while (_waiting.Count == 0)
            {
                if (_closing)
                    return false;
                _idle = true;
                Monitor.Wait(_gate);
                _idle = false;
            }
            (taken, _waiting) = (_waiting, taken);
            return true;
        }
    }

    private static void FillBatch(Queue<IWriterWork> taken, List<IWriterWork> batch)
    {
        long bytes = 0;
        while (batch.Count < MaxBatch && bytes < MaxBatchBytes && taken.TryDequeue(out var work))
        {
            if (work.CancelIfRequested())
                continue;
            batch.Add(work);
            bytes += work.Bytes;
        }
    }

    private void Commit(List<IWriterWork> batch)
    {
        if (batch.Count == 0)
            return;
        try
        {
            _transaction.Begin();
            foreach (var work in batch)
                work.Execute(_transaction);
            _transaction.Commit();
        }
        catch (Exception e)
        {
            Fail(batch, e as StoreUnavailableException ?? new StoreUnavailableException($"a transaction failed: {e.Message}", e));
            return;
        }
        foreach (var work in batch)
            work.Complete();
    }

    private void Fail(List<IWriterWork> batch, StoreUnavailableException error)
    {
        try
        {
            _transaction.Rollback();
        }
        catch (StoreUnavailableException)
        {
            // The next transaction can't begin then, and says so to its callers; this one's cause is the more telling one.
        }
        foreach (var work in batch)
            work.Fail(error);
    }
}
