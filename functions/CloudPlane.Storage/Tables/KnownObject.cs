namespace CloudPlane.Storage;

/// <summary>An object's row as it was read or written last; <paramref name="Stored"/> is null where there was none.</summary>
internal sealed record KnownObject(StoredObject? Stored, string? ETag, Guid Operation)
{
    public static KnownObject Absent { get; } = new(null, null, Guid.Empty);

    public long Revision => Stored?.Revision ?? 0;

    public static KnownObject From(ObjectKey key, Row? row) =>
        row is null ? Absent : new(new(key, row.Revision, row.Document.Unpack(row.Revision)), row.ETag, row.Operation);
}
