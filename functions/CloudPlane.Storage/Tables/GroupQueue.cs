namespace CloudPlane.Storage;

/// <summary>
/// Writes of one partition on their way into transactions: while one is under way, the next one's gather (group commit). It works only while
/// there is something to write.
/// </summary>
/// <param name="gather">Waits for more writes to come, where that pays.</param>
/// <param name="commit">Answers the writes of a group; one that it leaves unanswered joins the next group.</param>
internal sealed class GroupQueue(Func<Task> gather, Func<List<PendingTableWrite>, Task> commit)
{
    // Of a transaction's 100 operations one is the head's, and each write has two.
    private const int MaxWrites = (Transaction.MaxOperations - 1) / 2;
    private const int MaxBytes = Transaction.MaxBytes - 16 * 1024;

    private readonly Lock _gate = new();
    private readonly LinkedList<PendingTableWrite> _waiting = new();
    private Task _draining = Task.CompletedTask;
    private bool _active;
    private bool _closed;

    public void Enqueue(PendingTableWrite write)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_closed, typeof(TablesStore));
            _waiting.AddLast(write);
            if (_active)
                return;
            _active = true;
            _draining = Task.Run(DrainAsync);
        }
    }

    /// <summary>Takes nothing more, and ends when what is waiting has been answered.</summary>
    public Task CloseAsync()
    {
        lock (_gate)
        {
            _closed = true;
            return _draining;
        }
    }

    private async Task DrainAsync()
    {
        while (true)
        {
            await gather();
            var group = Take();
            if (group is null)
                return;
            await CommitAsync(group);
        }
    }

    private async Task CommitAsync(List<PendingTableWrite> group)
    {
        try
        {
            await commit(group);
            PutBack(group);
        }
        catch (Exception e)
        {
            // Each caller gets the reason; whoever has been answered already keeps that.
            foreach (var write in group)
                write.TrySetException(e);
        }
    }

    private List<PendingTableWrite>? Take()
    {
        lock (_gate)
        {
            var group = new List<PendingTableWrite>(Math.Min(MaxWrites, _waiting.Count));
            var bytes = 0;
            while (_waiting.First?.Value is { } next && group.Count < MaxWrites && (group.Count == 0 || bytes + next.Bytes <= MaxBytes))
            {
                _waiting.RemoveFirst();
                if (next.CancelIfRequested())
                    continue;
                group.Add(next);
                bytes += next.Bytes;
            }
            _active = group.Count > 0;
            return _active ? group : null;
        }
    }

    // What did not fit beside the others of its group comes first in the next one.
    private void PutBack(List<PendingTableWrite> group)
    {
        lock (_gate)
        {
            for (var i = group.Count - 1; i >= 0; i--)
            {
                if (!group[i].Task.IsCompleted)
                    _waiting.AddFirst(group[i]);
            }
        }
    }
}
