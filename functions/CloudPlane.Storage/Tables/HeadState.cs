namespace CloudPlane.Storage;

/// <summary>A partition's <c>head</c> row as it was read or written last.</summary>
/// <param name="Revision">The newest revision.</param>
/// <param name="Compacted">The compacted one.</param>
/// <param name="Transaction">The transaction that wrote the row.</param>
/// <param name="ETag">Null where there is no such row: nothing was ever written.</param>
internal sealed record HeadState(long Revision, long Compacted, Guid Transaction, string? ETag)
{
    public static HeadState None { get; } = new(0, 0, Guid.Empty, null);

    public static HeadState From(Row? row) => row is null ? None : new(row.Revision, row.Compacted, row.Transaction, row.ETag);
}
