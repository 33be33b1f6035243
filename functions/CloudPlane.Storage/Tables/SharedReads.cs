namespace CloudPlane.Storage;

/// <summary>
/// Reads of the same row that are wanted at the same time: while one is under way, all that come share the next one, as writes share a
/// transaction. They don't share the one under way, which the service may have answered before they came: everybody gets what was true after he
/// asked.
/// </summary>
/// <param name="read">Reads a row. Takes no cancellation, as none of those who wait for it speaks for the others.</param>
internal sealed class SharedReads(Func<string, Task<Row?>> read, TimeProvider time)
{
    // Far above what an answer takes: a request that hangs, and is repeated at last, holds up nobody but its own.
    private static readonly TimeSpan LongestTurn = TimeSpan.FromMilliseconds(250);

    private readonly Lock _gate = new();

    // The rows that are being read, each with those who wait for the next read, or null.
    private readonly Dictionary<string, TaskCompletionSource<Task<Row?>>?> _next = [];

    public Task<Row?> ReadAsync(string rowKey, CancellationToken cancellationToken) => Join(rowKey).WaitAsync(cancellationToken);

    private Task<Row?> Join(string rowKey)
    {
        lock (_gate)
        {
            if (_next.TryGetValue(rowKey, out var next))
            {
                next ??= new(TaskCreationOptions.RunContinuationsAsynchronously);
                _next[rowKey] = next;
                return next.Task.Unwrap();
            }

            _next.Add(rowKey, null);
        }

        var reading = read(rowKey);
        // Ends when nobody waits for another turn; what happens to a read is told to those who share it.
        _ = TakeTurnsAsync(rowKey, reading);
        return reading;
    }

    private async Task TakeTurnsAsync(string rowKey, Task reading)
    {
        while (true)
        {
            await reading.WaitAsync(LongestTurn, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (TakeNext(rowKey) is not { } next)
                return;
            var turn = read(rowKey);
            next.SetResult(turn);
            reading = turn;
        }
    }

    private TaskCompletionSource<Task<Row?>>? TakeNext(string rowKey)
    {
        lock (_gate)
        {
            var next = _next[rowKey];
            if (next is null)
                _next.Remove(rowKey);
            else
                _next[rowKey] = null;
            return next;
        }
    }
}
