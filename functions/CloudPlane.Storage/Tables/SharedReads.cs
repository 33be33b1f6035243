namespace CloudPlane.Storage;

/// <summary>
/// Reads of the same row that are wanted at the same time: while one is under way, all that come share the next one, as writes share a
/// transaction. They don't share the one under way, which the service may have answered before they came: everybody gets what was true after he
/// asked.
/// </summary>
/// <param name="read">Reads a row. Only the store's closing cancels it, as none of those who wait for it speaks for the others.</param>
internal sealed class SharedReads(Func<RowAddress, CancellationToken, Task<Row?>> read, TimeProvider time) : IAsyncDisposable
{
    // Far above what an answer takes: a request that hangs, and is repeated at last, holds up nobody but its own.
    private static readonly TimeSpan LongestTurn = TimeSpan.FromMilliseconds(250);

    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _closing = new();

    // The rows that are being read.
    private readonly Dictionary<RowAddress, Turns> _rows = [];

    // Reads that hold up nobody any more, and may not have ended.
    private readonly List<Task> _slow = [];
    private bool _closed;

    /// <exception cref="ObjectDisposedException">The store was closed meanwhile.</exception>
    public async Task<Row?> ReadAsync(RowAddress row, CancellationToken cancellationToken)
    {
        try
        {
            return await Join(row).WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (_closing.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new ObjectDisposedException(nameof(TablesStore));
        }
    }

    /// <summary>Ends all reads.</summary>
    public async ValueTask DisposeAsync()
    {
        Task[] taking;
        lock (_gate)
        {
            _closed = true;
            taking = [.. _rows.Values.Select(turns => turns.Taking)];
        }

        await _closing.CancelAsync();
        await Task.WhenAll(taking);
        // What happens to a read is told to those who share it.
        await Task.WhenAll(_slow).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _closing.Dispose();
    }

    private Task<Row?> Join(RowAddress row)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_closed, typeof(TablesStore));
            if (!_rows.TryGetValue(row, out var turns))
            {
                turns = new Turns();
                _rows.Add(row, turns);
                turns.Taking = Task.Run(() => TakeTurnsAsync(row, turns));
            }

            turns.Next ??= new(TaskCreationOptions.RunContinuationsAsynchronously);
            return turns.Next.Task.Unwrap();
        }
    }

    /// <summary>Ends when nobody waits for another turn.</summary>
    private async Task TakeTurnsAsync(RowAddress row, Turns turns)
    {
        while (TakeNext(row, turns) is { } next)
        {
            var turn = read(row, _closing.Token);
            next.SetResult(turn);
            await ((Task)turn).WaitAsync(LongestTurn, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!turn.IsCompleted)
                Keep(turn);
        }
    }

    private TaskCompletionSource<Task<Row?>>? TakeNext(RowAddress row, Turns turns)
    {
        lock (_gate)
        {
            var next = turns.Next;
            turns.Next = null;
            if (next is null)
                _rows.Remove(row);
            return next;
        }
    }

    private void Keep(Task turn)
    {
        lock (_gate)
        {
            _slow.RemoveAll(static task => task.IsCompleted);
            _slow.Add(turn);
        }
    }

    /// <summary>The reading of one row, for as long as somebody wants it.</summary>
    private sealed class Turns
    {
        /// <summary>Those who wait for the next read; null for nobody.</summary>
        public TaskCompletionSource<Task<Row?>>? Next { get; set; }

        public Task Taking { get; set; } = Task.CompletedTask;
    }
}

/// <summary>Where a row is.</summary>
internal readonly record struct RowAddress(string Table, string PartitionKey, string RowKey);
