namespace CloudPlane.Storage;

/// <summary>One column's blob, of one row after another.</summary>
internal sealed unsafe class SqliteBlob(SqliteConnection connection, BlobHandle blob) : IDisposable
{
    /// <summary>Bytes of the blob of the current row.</summary>
    public int Length => NativeMethods.BlobBytes(blob);

    public void MoveTo(long row) => Check(NativeMethods.BlobReopen(blob, row), row);

    /// <summary>Reads as much as the target holds.</summary>
    public void Read(Span<byte> target)
    {
        fixed (byte* start = target)
            Check(NativeMethods.BlobRead(blob, start, target.Length, 0), 0);
    }

    public void Dispose() => blob.Dispose();

    private void Check(int code, long row)
    {
        if (code != NativeMethods.Ok)
            throw connection.Error(code, $"read the blob of row {row}");
    }
}
