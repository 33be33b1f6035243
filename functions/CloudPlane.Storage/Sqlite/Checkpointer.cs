namespace CloudPlane.Storage;

/// <summary>
/// Moves committed pages from the WAL to the database file on a thread of its own, so that no write waits for it; unless the WAL grows
/// faster than that, then the writer waits, for the time to read the WAL after a crash is to stay bounded.
/// </summary>
internal sealed class Checkpointer : IDisposable
{
    private const int BytesToStart = 4 * 1024 * 1024;
    private const int BytesToWait = 32 * 1024 * 1024;

    private readonly SqliteConnection _connection;
    private readonly int _startPages;
    private readonly int _waitPages;
    private readonly SemaphoreSlim _work = new(0, 1);
    private readonly Lock _running = new();
    private readonly Thread _thread;
    private volatile bool _closing;

    public Checkpointer(SqliteConnection connection, int pageBytes)
    {
        _connection = connection;
        // A connection that has read nothing yet does not know that there is a WAL, and its checkpoints do nothing.
        _connection.Execute("PRAGMA schema_version");
        (_startPages, _waitPages) = (BytesToStart / pageBytes, BytesToWait / pageBytes);
        _thread = new Thread(Run) { IsBackground = true, Name = "sqlite-checkpoint" };
        _thread.Start();
    }

    /// <summary>To be called between two transactions, on the writer's thread, with the length of the WAL.</summary>
    public void AfterCommit(int walPages)
    {
        if (walPages >= _waitPages)
            Checkpoint();
        else if (walPages >= _startPages && _work.CurrentCount == 0)
            _work.Release();
    }

    public void Dispose()
    {
        _closing = true;
        if (_work.CurrentCount == 0)
            _work.Release();
        _thread.Join();
        _connection.Dispose();
        _work.Dispose();
    }

    private void Run()
    {
        while (true)
        {
            _work.Wait();
            if (_closing)
                return;
            Checkpoint();
        }
    }

    private void Checkpoint()
    {
        lock (_running)
        {
            try
            {
                _connection.Checkpoint();
            }
            catch (StoreUnavailableException)
            {
                // Nothing is lost: the WAL keeps growing until the disk works again, and a commit that fails says why.
            }
        }
    }
}
