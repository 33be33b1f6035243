using System.Collections.Concurrent;

namespace CloudPlane.Storage;

/// <summary>A few read connections, opened as they are needed. Readers never wait for the writer, at most for each other.</summary>
internal sealed class ReaderPool(string path, int size)
{
    private readonly SemaphoreSlim _permits = new(size);
    private readonly ConcurrentStack<SqliteReader> _idle = new();
    private volatile bool _closed;

    public async ValueTask<T> ReadAsync<T, TArgument>(
        Func<SqliteReader, TArgument, T> read, TArgument argument, CancellationToken cancellationToken)
    {
        await _permits.WaitAsync(cancellationToken);
        try
        {
            ObjectDisposedException.ThrowIf(_closed, typeof(SqliteStore));
            var reader = _idle.TryPop(out var idle) ? idle : new SqliteReader(path);
            try
            {
                return read(reader, argument);
            }
            finally
            {
                _idle.Push(reader);
            }
        }
        finally
        {
            _permits.Release();
        }
    }

    /// <summary>Waits for the reads under way and closes all connections.</summary>
    public async Task CloseAsync()
    {
        for (var i = 0; i < size; i++)
            await _permits.WaitAsync();
        _closed = true;
        while (_idle.TryPop(out var reader))
            reader.Dispose();
        // For those who were about to read: they find it closed.
        _permits.Release(size);
    }
}
