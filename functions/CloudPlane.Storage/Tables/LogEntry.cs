namespace CloudPlane.Storage;

/// <summary>A change, and the revision of the state before it (0 for none), which its row points to.</summary>
internal sealed record LogEntry(Change Change, long PreviousRevision)
{
    public static LogEntry From(Row row, byte[] document, ReadOnlyMemory<byte> previous) =>
        new(new(RowKeys.ParseLog(row.RowKey), row.Kind, RowKeys.ParseObject(row.Object), document, previous), row.Previous);
}
