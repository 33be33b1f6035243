using System.Collections.Concurrent;

namespace CloudPlane.Storage;

/// <summary>
/// Takes all waiting work, of whatever partitions, into one transaction (group commit): while one transaction is being synced to the
/// disk, the next one's work gathers. Only one thread writes at a time. The first batch after a pause runs on the thread pool, where a
/// lone writer waits for nothing but the disk; under load a thread of its own takes over, so that the pool's are free.
/// </summary>
internal sealed class SqliteWriter : IThreadPoolWorkItem
{
    // Bounds how long the first of many waiting writes can be held up by the others, and how far the WAL grows at once.
    private const int MaxBatch = 1024;
    private const long MaxBatchBytes = 16 * 1024 * 1024;

    private readonly WriteTransaction _transaction;
    private readonly Checkpointer _checkpointer;
    private readonly ConcurrentQueue<IWriterWork> _waiting = new();
    private readonly SemaphoreSlim _takeOver = new(0);
    private readonly Thread _thread;
    private int _active;
    private volatile bool _closing;
    private volatile bool _closed;

    public SqliteWriter(WriteTransaction transaction, Checkpointer checkpointer)
    {
        _transaction = transaction;
        _checkpointer = checkpointer;
        _thread = new Thread(RunUnderLoad) { IsBackground = true, Name = "sqlite-writer" };
        _thread.Start();
    }

    public void Enqueue(IWriterWork work)
    {
        ObjectDisposedException.ThrowIf(_closing, typeof(SqliteStore));
        _waiting.Enqueue(work);
        // Preferably this thread, when its caller has nothing else to do: more writes that it starts before join the first one.
        if (TryActivate())
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: true);
        if (_closed)
            FailRest();
    }

    /// <summary>Commits what is waiting and takes nothing more.</summary>
    public async Task CloseAsync()
    {
        var last = new ClosingWork();
        _waiting.Enqueue(last);
        _closing = true;
        if (TryActivate())
            _takeOver.Release();
        await last.Task;
        // Whoever is active stays so forever; now it is us. What slipped in meanwhile fails, here or where it came from.
        _closed = true;
        FailRest();
        _takeOver.Release();
        _thread.Join();
    }

    void IThreadPoolWorkItem.Execute()
    {
        if (CommitBatch() && (!_waiting.IsEmpty || !TryRest()))
            _takeOver.Release();
    }

    private void RunUnderLoad()
    {
        while (true)
        {
            _takeOver.Wait();
            if (_closed)
                return;
            while (CommitBatch() && (!_waiting.IsEmpty || !TryRest()))
            {
            }
        }
    }

    private bool TryActivate() => Interlocked.CompareExchange(ref _active, 1, 0) == 0;

    /// <summary>Lets the next one who enqueues become active. False if somebody enqueued just before, and nobody else has noticed.</summary>
    private bool TryRest()
    {
        Interlocked.Exchange(ref _active, 0);
        return _waiting.IsEmpty || !TryActivate();
    }

    /// <summary>Does one transaction; false when it was the last one.</summary>
    private bool CommitBatch()
    {
        var batch = TakeBatch();
        if (batch.Count == 0)
            return true;
        Commit(batch);
        _checkpointer.AfterCommit(_transaction.WalPages);
        // Not before: from then on the connections are closed.
        (batch[^1] as ClosingWork)?.SetResult();
        return batch[^1] is not ClosingWork;
    }

    private List<IWriterWork> TakeBatch()
    {
        var batch = new List<IWriterWork>(Math.Min(MaxBatch, _waiting.Count));
        long bytes = 0;
        while (batch.Count < MaxBatch && bytes < MaxBatchBytes && _waiting.TryDequeue(out var work))
        {
            if (work.CancelIfRequested())
                continue;
            batch.Add(work);
            bytes += work.Bytes;
            if (work is ClosingWork)
                break;
        }
        return batch;
    }

    private void Commit(List<IWriterWork> batch)
    {
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
        Complete(batch);
        _transaction.Notify();
    }

    /// <summary>Answers a batch on the thread pool: waking up each caller would hold up the next transaction.</summary>
    private static void Complete(List<IWriterWork> batch)
    {
        if (batch.Count == 1)
            batch[0].Complete();
        else
            ThreadPool.UnsafeQueueUserWorkItem(static done => done.ForEach(static work => work.Complete()), batch, preferLocal: false);
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

    private void FailRest()
    {
        while (_waiting.TryDequeue(out var work))
            work.Fail(new ObjectDisposedException(nameof(SqliteStore)));
    }

    /// <summary>The last work of all.</summary>
    private sealed class ClosingWork() : TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), IWriterWork
    {
        public long Bytes => 0;

        public bool CancelIfRequested() => false;

        public void Execute(WriteTransaction transaction)
        {
        }

        public void Complete()
        {
        }

        public void Fail(Exception error)
        {
        }
    }
}
