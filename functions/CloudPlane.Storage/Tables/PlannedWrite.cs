namespace CloudPlane.Storage;

/// <summary>A write, the state that it replaces, and the revision that it will make.</summary>
internal sealed class PlannedWrite(PendingTableWrite pending, KnownObject current, long revision)
{
    public PendingTableWrite Pending { get; } = pending;

    public KnownObject Current { get; } = current;

    public long Revision { get; } = revision;

    /// <summary>The object's revision once it is committed: 0 after a deletion.</summary>
    public long RevisionAfter => Pending.Write.Delete ? 0 : Revision;

    public ChangeKind Kind => Pending.Write.Delete ? ChangeKind.Deleted : Current.Stored is null ? ChangeKind.Added : ChangeKind.Modified;

    /// <summary>The object's final bytes.</summary>
    public StoredObject Stored { get; } = new(pending.Write.Key, revision, pending.Write.Document.Stamp(revision));

    public LogEntry Entry => new(new(Revision, Kind, Pending.Write.Key, Stored.Document, Current.Stored?.Document ?? default), Current.Revision);

    public void AddTo(Transaction transaction, Guid id)
    {
        var (write, document) = (Pending.Write, Pending.Document);
        if (write.Delete)
            transaction.Delete(Pending.RowKey, Current.ETag!);
        else if (Current.Stored is null)
            transaction.Insert(Pending.RowKey, json => RowWriter.Object(json, Revision, write.OperationId, document));
        else
            transaction.Replace(Pending.RowKey, Current.ETag!, json => RowWriter.Object(json, Revision, write.OperationId, document));
        transaction.Insert(
            RowKeys.Log(Revision), json => RowWriter.Log(json, Kind, Pending.RowKey, Current.Revision, write.OperationId, id, document));
    }
}
