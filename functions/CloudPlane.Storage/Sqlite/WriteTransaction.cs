using System.Text;

namespace CloudPlane.Storage;

/// <summary>
/// The transaction that is open on the write connection: applies writes of any partitions, then commits them together.
/// Used by the writer's thread only.
/// </summary>
internal sealed class WriteTransaction : IDisposable
{
    // How far the index may lag behind the log: bounds what a restart after a crash and a list have to apply, and what is held in
    // memory. The larger, the fewer pages are written for each change.
    private const int MaxUnindexed = 1024;
    private const long MaxUnindexedBytes = 8 * 1024 * 1024;

    private readonly SqliteConnection _connection;
    private readonly ObjectIndex _index;
    private readonly SqliteStatement _begin;
    private readonly SqliteStatement _commit;
    private readonly SqliteStatement _addPartition;
    private readonly SqliteStatement _append;
    private readonly SqliteStatement _row;
    private readonly SqliteStatement _dropSuperseded;
    private readonly SqliteStatement _dropDeletions;
    private readonly SqliteStatement _setCompacted;
    private readonly Dictionary<PartitionState, PartitionProgress> _touched = [];
    private readonly List<TaskCompletionSource> _waiting = [];

    public WriteTransaction(SqliteConnection connection, ObjectIndex index)
    {
        _connection = connection;
        _index = index;
        _begin = connection.Prepare("BEGIN IMMEDIATE");
        _commit = connection.Prepare("COMMIT");
        _addPartition = connection.Prepare(
            "INSERT INTO partitions(cluster, resource, compacted, indexed) VALUES(?1, ?2, 0, 0) RETURNING id");
        _append = connection.Prepare("INSERT INTO log(id, key, kind, previous, operation, body) VALUES(?1, ?2, ?3, ?4, ?5, ?6)");
        _row = connection.Prepare("SELECT operation, body FROM log WHERE id = ?1");
        // Each row says which one it supersedes, so history is forgotten without an index by key.
        _dropSuperseded = connection.Prepare(
            "DELETE FROM log WHERE id IN (SELECT ?1 + previous FROM log WHERE id > ?2 AND id <= ?3 AND previous > 0)");
        _dropDeletions = connection.Prepare($"DELETE FROM log WHERE id > ?1 AND id <= ?2 AND kind = {(int)ChangeKind.Deleted}");
        _setCompacted = connection.Prepare("UPDATE partitions SET compacted = ?2 WHERE id = ?1");
    }

    /// <summary>Pages in the WAL after the last commit.</summary>
    public int WalPages => _connection.WalPages;

    public void Begin() => _begin.Run();

    /// <summary>Makes everything since <see cref="Begin"/> durable, then visible to this process's readers.</summary>
    public void Commit()
    {
        foreach (var (partition, progress) in _touched)
        {
            if (partition.Recent.Count + progress.Newest.Count >= MaxUnindexed || partition.Recent.Bytes >= MaxUnindexedBytes)
                Index(partition);
        }
        _commit.Run();
        foreach (var (partition, progress) in _touched)
        {
            if (progress.Publish(partition) is { } waiting)
                _waiting.Add(waiting);
        }
        _touched.Clear();
    }

    /// <summary>Wakes up who waits for the heads that the last commit moved. Apart, so that the writers can be answered before.</summary>
    public void Notify()
    {
        foreach (var waiting in _waiting)
            waiting.SetResult();
        _waiting.Clear();
    }

    /// <summary>Forgets everything since <see cref="Begin"/>. SQLite has done so itself after some errors.</summary>
    public void Rollback()
    {
        _touched.Clear();
        if (_connection.InTransaction)
            _connection.Execute("ROLLBACK");
    }

    /// <summary>Does one write, or says why not.</summary>
    public WriteResult Apply(PartitionState partition, Write write)
    {
        var progress = Touch(partition);
        var key = KeyCodec.Encode(write.Key);
        var recent = progress.Newest.GetValueOrDefault(write.Key) ?? partition.Recent.Find(write.Key);
        var current = recent is null ? _index.Find(progress.Id, key) : recent.Kind == ChangeKind.Deleted ? 0 : recent.Revision;
        if (current != write.ExpectedRevision || write.Delete && current == 0)
            return Refuse(partition, progress, write, current);
        var revision = progress.Head + 1;
        var kind = write.Delete ? ChangeKind.Deleted : current == 0 ? ChangeKind.Added : ChangeKind.Modified;
        var previous = current == 0 ? default : recent?.Document ?? CurrentDocument(partition, progress.Id, write);
        var change = new Change(revision, kind, write.Key, write.Document.Stamp(revision), previous);
        Append(progress.Id, key, change, write);
        progress.Add(change);
        return new(WriteOutcome.Committed, new(write.Key, revision, change.Document));
    }

    /// <summary>Brings the index of a partition up to its head.</summary>
    public void Index(PartitionState partition)
    {
        var progress = Touch(partition);
        _index.Update(progress.Id, progress.Head, partition.Recent.With(progress.Newest).Values);
        progress.Indexed = true;
    }

    /// <summary>Forgets superseded rows and deletions up to a revision, which is at most a batch after what is compacted already.</summary>
    public void Compact(PartitionState partition, long revision)
    {
        var progress = Touch(partition);
        if (revision <= progress.Compacted)
            return;
        // The index must not point to a row that goes away.
        Index(partition);
        var origin = SqliteSchema.LogId(progress.Id, 0);
        _dropSuperseded.Bind(1, origin).Bind(2, origin + progress.Compacted).Bind(3, origin + revision).Run();
        _dropDeletions.Bind(1, origin + progress.Compacted).Bind(2, origin + revision).Run();
        _setCompacted.Bind(1, progress.Id).Bind(2, revision).Run();
        progress.Compacted = revision;
    }

    public void Dispose() => _connection.Dispose();

    private PartitionProgress Touch(PartitionState partition)
    {
        if (_touched.TryGetValue(partition, out var progress))
            return progress;
        return _touched[partition] = new(partition, partition.Id > 0 ? partition.Id : AddPartition(partition.Partition));
    }

    private long AddPartition(Partition partition)
    {
        _addPartition.BindText(1, Encoding.UTF8.GetBytes(partition.Cluster)).BindText(2, Encoding.UTF8.GetBytes(partition.Resource));
        _addPartition.Step();
        var id = _addPartition.Integer(0);
        _addPartition.Run();
        return id;
    }

    private void Append(long partition, byte[] key, Change change, Write write)
    {
        Span<byte> operation = stackalloc byte[16];
        write.OperationId.TryWriteBytes(operation);
        _append.Bind(1, SqliteSchema.LogId(partition, change.Revision)).BindText(2, key).Bind(3, (long)change.Kind);
        _append.Bind(4, write.ExpectedRevision).BindBlob(5, operation).RunWithBlob(6, change.Document.Span);
    }

    /// <summary>
    /// The answer to a write whose precondition fails: the object's current state, unless the object's last change is this very
    /// write, whose first answer got lost.
    /// </summary>
    private WriteResult Refuse(PartitionState partition, PartitionProgress progress, Write write, long current)
    {
        var deletion = progress.Newest.GetValueOrDefault(write.Key) ?? partition.Tail.FindLast(write.Key);
        var last = current > 0 ? current : deletion?.Revision ?? 0;
        if (last == 0)
            return new(WriteOutcome.Conflict, null);
        var (operation, document) = Row(progress.Id, last);
        if (operation == write.OperationId)
            return new(WriteOutcome.Committed, new(write.Key, last, document));
        return new(WriteOutcome.Conflict, current > 0 ? new(write.Key, current, document) : null);
    }

    private ReadOnlyMemory<byte> CurrentDocument(PartitionState partition, long id, Write write)
    {
        if (!write.Current.IsEmpty)
            return write.Current;
        return partition.Tail.Find(write.ExpectedRevision)?.Document ?? Row(id, write.ExpectedRevision).Document;
    }

    private (Guid Operation, byte[] Document) Row(long partition, long revision)
    {
        _row.Bind(1, SqliteSchema.LogId(partition, revision));
        var row = _row.Step() ? (new Guid(_row.Bytes(0)), _row.Bytes(1).ToArray()) : (Guid.Empty, []);
        _row.Reset();
        return row;
    }
}
