namespace CloudPlane.Storage;

/// <summary>
/// A partition's published head, and those who wait for it to grow. All waiters share one task, so a thousand of them cost one
/// allocation per commit.
/// </summary>
internal sealed class HeadSignal(long head)
{
    private readonly Lock _gate = new();
    private long _head = head;
    private TaskCompletionSource? _advanced;
    private bool _closed;

    public long Head => Volatile.Read(ref _head);

    /// <summary>Moves the head. Returns what those who wait for that wait on, null when nobody does; the caller completes it.</summary>
    public TaskCompletionSource? Advance(long head)
    {
        lock (_gate)
        {
            if (head <= _head)
                return null;
            Volatile.Write(ref _head, head);
            var waiting = _advanced;
            _advanced = null;
            return waiting;
        }
    }

    public async ValueTask<long> WaitAsync(long after, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task advanced;
            lock (_gate)
            {
                if (_head > after)
                    return _head;
                ObjectDisposedException.ThrowIf(_closed, typeof(IStateStore));
                // Asynchronous continuations: a waiter's code must not run on the thread that commits.
                _advanced ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                advanced = _advanced.Task;
            }
            await advanced.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Ends all present waiting with an error.</summary>
    public void Fail(Exception error)
    {
        TaskCompletionSource? waiting;
        lock (_gate)
        {
            waiting = _advanced;
            _advanced = null;
        }
        waiting?.TrySetException(error);
    }

    /// <summary>Ends all waiting, now and later, with <see cref="ObjectDisposedException"/>.</summary>
    public void Close()
    {
        TaskCompletionSource? waiting;
        lock (_gate)
        {
            _closed = true;
            waiting = _advanced;
            _advanced = null;
        }
        waiting?.TrySetResult();
    }
}
