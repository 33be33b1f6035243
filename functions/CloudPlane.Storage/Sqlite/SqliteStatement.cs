using System.Text;

namespace CloudPlane.Storage;

/// <summary>
/// A compiled statement. Bind, step until false, read columns in between, reset. Raw handles are safe inside: a connection and its
/// statements are used by one thread at a time and disposed by their owner when nobody uses them.
/// </summary>
internal sealed unsafe class SqliteStatement(SqliteConnection connection, StatementHandle handle) : IDisposable
{
    // https://sqlite.org/c3ref/c_static.html: SQLite copies the bytes before the bind call returns, or uses them in place.
    private const nint Transient = -1;
    private const nint InPlace = 0;

    private readonly nint _statement = handle.DangerousGetHandle();

    public SqliteStatement Bind(int index, long value)
    {
        Check(NativeMethods.BindInteger(_statement, index, value));
        return this;
    }

    /// <summary>Binds a copy of a UTF-8 text.</summary>
    public SqliteStatement BindText(int index, ReadOnlySpan<byte> text)
    {
        fixed (byte* start = text)
            Check(NativeMethods.BindText(_statement, index, NotNull(start), text.Length, Transient));
        return this;
    }

    /// <summary>Binds a copy of a blob.</summary>
    public SqliteStatement BindBlob(int index, ReadOnlySpan<byte> blob)
    {
        fixed (byte* start = blob)
            Check(NativeMethods.BindBlob(_statement, index, NotNull(start), blob.Length, Transient));
        return this;
    }

    /// <summary>Runs a statement that returns no rows with one blob, which is not copied on the way.</summary>
    public void RunWithBlob(int index, ReadOnlySpan<byte> blob)
    {
        fixed (byte* start = blob)
        {
            Check(NativeMethods.BindBlob(_statement, index, NotNull(start), blob.Length, InPlace));
            Run();
        }
    }

    /// <summary>Runs a statement that returns no rows.</summary>
    public void Run()
    {
        Step();
        Reset();
    }

    /// <summary>Goes to the next row; false when there is none. After an error the statement is reset.</summary>
    public bool Step()
    {
        var code = NativeMethods.Step(_statement);
        if (code is NativeMethods.Row or NativeMethods.Done)
            return code == NativeMethods.Row;
        var error = connection.Error(code, "read or write");
        Reset();
        throw error;
    }

    /// <summary>Ends the statement's use: without it, its read snapshot stays open.</summary>
    public void Reset() => NativeMethods.Reset(_statement);

    public long Integer(int column) => NativeMethods.ColumnInteger(_statement, column);

    /// <summary>A text or blob, valid until the next step or reset.</summary>
    public ReadOnlySpan<byte> Bytes(int column)
    {
        var start = NativeMethods.ColumnBlob(_statement, column);
        return new(start, NativeMethods.ColumnBytes(_statement, column));
    }

    public string Text(int column) => Encoding.UTF8.GetString(Bytes(column));

    public void Dispose() => handle.Dispose();

    // An empty span has no address, and SQLite takes none for NULL. With length 0 the address is never read.
    private static byte* NotNull(byte* start) => start is null ? (byte*)1 : start;

    private void Check(int code)
    {
        if (code != NativeMethods.Ok)
            throw connection.Error(code, "bind");
    }
}
