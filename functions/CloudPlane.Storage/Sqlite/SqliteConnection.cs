using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace CloudPlane.Storage;

/// <summary>One connection, used by one thread at a time. Every error is a <see cref="StoreUnavailableException"/> that names the file.</summary>
internal sealed unsafe class SqliteConnection : IDisposable
{
    // unix-excl: the process locks the file once instead of at each transaction, and keeps the WAL's index on its heap. Another
    // process (also a curious sqlite3 shell) gets "database is locked" instead of a share.
    private const string ExclusiveVfs = "unix-excl";

    private readonly DatabaseHandle _database;
    private readonly string _path;
    private readonly List<SqliteStatement> _statements = [];
    // Pinned: SQLite's callback writes it.
    private readonly int[] _walPages = GC.AllocateArray<int>(1, pinned: true);

    public SqliteConnection(string path, int busyTimeoutMilliseconds)
    {
        _path = path;
        var flags = NativeMethods.OpenReadWrite | NativeMethods.OpenCreate | NativeMethods.OpenNoMutex;
        var code = NativeMethods.Open(path, out _database, flags, ExclusiveVfs);
        if (code != NativeMethods.Ok)
        {
            var error = Error(code, "open");
            _database.Dispose();
            throw error;
        }
        _ = NativeMethods.UseExtendedResultCodes(_database, 1);
        _ = NativeMethods.SetBusyTimeout(_database, busyTimeoutMilliseconds);
    }

    /// <summary>Whether a transaction is open.</summary>
    public bool InTransaction => NativeMethods.IsAutoCommit(_database) == 0;

    /// <summary>Pages in the WAL after the last commit on this connection.</summary>
    public int WalPages => _walPages[0];

    /// <summary>Compiles one statement, for as long as the connection lives.</summary>
    public SqliteStatement Prepare(string sql)
    {
        var statement = new SqliteStatement(this, Compile(sql, NativeMethods.PreparePersistent));
        _statements.Add(statement);
        return statement;
    }

    /// <summary>Runs one statement once; returns its first column of the first row, 0 when there is none.</summary>
    public long Execute(string sql)
    {
        using var statement = new SqliteStatement(this, Compile(sql, 0));
        if (!statement.Step())
            return 0;
        var result = statement.Integer(0);
        // To the end, and no further: stepping a finished statement starts it again.
        while (statement.Step())
        {
        }
        return result;
    }

    /// <summary>Copies committed frames from the WAL to the database file, without blocking the writer or readers.</summary>
    public void Checkpoint()
    {
        var code = NativeMethods.Checkpoint(_database, null, NativeMethods.CheckpointPassive, out _, out _);
        if (code != NativeMethods.Ok && (code & 0xFF) != NativeMethods.Busy)
            throw Error(code, "checkpoint");
    }

    /// <summary>Counts the WAL's pages after each commit, see <see cref="WalPages"/>. Replaces SQLite's own checkpoints.</summary>
    public void CountWalPages()
    {
        _ = NativeMethods.SetWalHook(_database, &OnCommit, Unsafe.AsPointer(ref _walPages[0]));
    }

    /// <summary>Opens the blob of one row, to be moved from row to row: faster than a statement, which copies a blob once more.</summary>
    public SqliteBlob OpenBlob(string table, string column, long row)
    {
        var code = NativeMethods.BlobOpen(_database, "main", table, column, row, 0, out var blob);
        if (code == NativeMethods.Ok)
            return new(this, blob);
        blob.Dispose();
        throw Error(code, $"open {table}.{column} of row {row}");
    }

    public StoreUnavailableException Error(int code, string doing)
    {
        var message = _database.IsInvalid ? "out of memory" : Marshal.PtrToStringUTF8((nint)NativeMethods.ErrorMessage(_database));
        return new($"{_path}: {doing}: {message} (SQLite error {code})");
    }

    public void Dispose()
    {
        foreach (var statement in _statements)
            statement.Dispose();
        _database.Dispose();
    }

    [UnmanagedCallersOnly]
    private static int OnCommit(void* walPages, nint database, byte* schema, int count)
    {
        *(int*)walPages = count;
        return NativeMethods.Ok;
    }

    private StatementHandle Compile(string sql, uint flags)
    {
        var text = Encoding.UTF8.GetBytes(sql);
        fixed (byte* start = text)
        {
            var code = NativeMethods.Prepare(_database, start, text.Length, flags, out var statement, 0);
            return code == NativeMethods.Ok ? statement : throw Error(code, sql);
        }
    }
}
