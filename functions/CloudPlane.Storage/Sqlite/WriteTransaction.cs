using System.Runtime.InteropServices;
using System.Text;

namespace CloudPlane.Storage;

/// <summary>
/// The write connection and the transaction that is open on it: applies writes of any partitions, then commits them together.
/// Used by the writer's thread only.
/// </summary>
internal sealed class WriteTransaction : IDisposable
{
    private readonly SqliteConnection _connection;
    private readonly SqliteStatement _begin;
    private readonly SqliteStatement _commit;
    private readonly SqliteStatement _addPartition;
    private readonly SqliteStatement _create;
    private readonly SqliteStatement _update;
    private readonly SqliteStatement _delete;
    private readonly SqliteStatement _append;
    private readonly SqliteStatement _current;
    private readonly SqliteStatement _row;
    private readonly SqliteStatement _dropSuperseded;
    private readonly SqliteStatement _dropDeletions;
    private readonly SqliteStatement _setCompacted;
    private readonly Dictionary<PartitionState, Progress> _touched = [];

    public WriteTransaction(SqliteConnection connection)
    {
        _connection = connection;
        _begin = connection.Prepare("BEGIN IMMEDIATE");
        _commit = connection.Prepare("COMMIT");
        _addPartition = connection.Prepare("INSERT INTO partitions(cluster, resource, compacted) VALUES(?1, ?2, 0) RETURNING id");
        _create = connection.Prepare("INSERT INTO objects(partition, key, revision) VALUES(?1, ?2, ?3) ON CONFLICT DO NOTHING");
        _update = connection.Prepare("UPDATE objects SET revision = ?3 WHERE partition = ?1 AND key = ?2 AND revision = ?4");
        _delete = connection.Prepare("DELETE FROM objects WHERE partition = ?1 AND key = ?2 AND revision = ?3");
        _append = connection.Prepare("INSERT INTO log(id, key, kind, previous, operation, body) VALUES(?1, ?2, ?3, ?4, ?5, ?6)");
        _current = connection.Prepare("SELECT revision FROM objects WHERE partition = ?1 AND key = ?2");
        _row = connection.Prepare("SELECT operation, body FROM log WHERE id = ?1");
        // Each row says which one it supersedes, so history is forgotten without an index by key.
        _dropSuperseded = connection.Prepare(
            "DELETE FROM log WHERE id IN (SELECT ?1 + previous FROM log WHERE id > ?2 AND id <= ?3 AND previous > 0)");
        _dropDeletions = connection.Prepare($"DELETE FROM log WHERE id > ?1 AND id <= ?2 AND kind = {(int)ChangeKind.Deleted}");
        _setCompacted = connection.Prepare("UPDATE partitions SET compacted = ?2 WHERE id = ?1");
    }

    public void Begin() => _begin.Run();

    /// <summary>Makes everything since <see cref="Begin"/> durable, then visible to this process's watchers.</summary>
    public void Commit()
    {
        _commit.Run();
        foreach (var (partition, progress) in _touched)
        {
            partition.Id = progress.Id;
            partition.Compacted = progress.Compacted;
            partition.Tail.Append(CollectionsMarshal.AsSpan(progress.Changes));
            partition.Signal.Advance(progress.Head);
        }
        _touched.Clear();
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
        var revision = progress.Head + 1;
        if (!MoveObject(progress.Id, key, write, revision))
            return Refuse(partition, progress, write, key);
        var document = write.Document.Stamp(revision);
        var kind = write.Delete ? ChangeKind.Deleted : write.ExpectedRevision == 0 ? ChangeKind.Added : ChangeKind.Modified;
        var previous = write.ExpectedRevision == 0 ? default : DocumentAt(partition, progress, write.ExpectedRevision);
        AppendToLog(progress.Id, revision, key, kind, write, document);
        progress.Changes.Add(new(revision, kind, write.Key, document, previous));
        return new(WriteOutcome.Committed, new(write.Key, revision, document));
    }

    /// <summary>Forgets superseded rows and deletions up to a revision, which is at most a batch after what is compacted already.</summary>
    public void Compact(PartitionState partition, long revision)
    {
        var progress = Touch(partition);
        if (revision <= progress.Compacted)
            return;
        var origin = SqliteSchema.LogId(progress.Id, 0);
        _dropSuperseded.Bind(1, origin).Bind(2, origin + progress.Compacted).Bind(3, origin + revision).Run();
        _dropDeletions.Bind(1, origin + progress.Compacted).Bind(2, origin + revision).Run();
        _setCompacted.Bind(1, progress.Id).Bind(2, revision).Run();
        progress.Compacted = revision;
    }

    public void Dispose() => _connection.Dispose();

    private Progress Touch(PartitionState partition)
    {
        ref var progress = ref CollectionsMarshal.GetValueRefOrAddDefault(_touched, partition, out _);
        return progress ??= new(partition, partition.Id > 0 ? partition.Id : AddPartition(partition.Partition));
    }

    private long AddPartition(Partition partition)
    {
        _addPartition.BindText(1, Encoding.UTF8.GetBytes(partition.Cluster)).BindText(2, Encoding.UTF8.GetBytes(partition.Resource));
        _addPartition.Step();
        var id = _addPartition.Integer(0);
        _addPartition.Run();
        return id;
    }

    /// <summary>Points the object to its new log row, if the precondition holds: one lookup for both.</summary>
    private bool MoveObject(long partition, byte[] key, Write write, long revision)
    {
        if (write.ExpectedRevision == 0 && write.Delete)
            return false;
        if (write.ExpectedRevision == 0)
            _create.Bind(1, partition).BindText(2, key).Bind(3, revision).Run();
        else if (write.Delete)
            _delete.Bind(1, partition).BindText(2, key).Bind(3, write.ExpectedRevision).Run();
        else
            _update.Bind(1, partition).BindText(2, key).Bind(3, revision).Bind(4, write.ExpectedRevision).Run();
        return _connection.Changes == 1;
    }

    private void AppendToLog(long partition, long revision, byte[] key, ChangeKind kind, Write write, byte[] document)
    {
        Span<byte> operation = stackalloc byte[16];
        write.OperationId.TryWriteBytes(operation);
        _append.Bind(1, SqliteSchema.LogId(partition, revision)).BindText(2, key).Bind(3, (long)kind);
        _append.Bind(4, write.ExpectedRevision).BindBlob(5, operation).RunWithBlob(6, document);
    }

    /// <summary>
    /// The answer to a write whose precondition fails: the object's current state, unless the object's last change is this very
    /// write, whose first answer got lost.
    /// </summary>
    private WriteResult Refuse(PartitionState partition, Progress progress, Write write, byte[] key)
    {
        var current = CurrentRevision(progress.Id, key);
        var last = current > 0 ? current : progress.FindLast(write.Key) ?? partition.Tail.FindLast(write.Key)?.Revision ?? 0;
        if (last == 0)
            return new(WriteOutcome.Conflict, null);
        var (operation, document) = Row(progress.Id, last);
        if (operation == write.OperationId)
            return new(WriteOutcome.Committed, new(write.Key, last, document));
        return new(WriteOutcome.Conflict, current > 0 ? new(write.Key, current, document) : null);
    }

    private long CurrentRevision(long partition, byte[] key)
    {
        _current.Bind(1, partition).BindText(2, key);
        var revision = _current.Step() ? _current.Integer(0) : 0;
        _current.Reset();
        return revision;
    }

    private ReadOnlyMemory<byte> DocumentAt(PartitionState partition, Progress progress, long revision)
    {
        if (revision > progress.FirstHead)
            return progress.Changes[(int)(revision - progress.FirstHead - 1)].Document;
        return partition.Tail.Find(revision)?.Document ?? Row(progress.Id, revision).Document;
    }

    private (Guid Operation, byte[] Document) Row(long partition, long revision)
    {
        _row.Bind(1, SqliteSchema.LogId(partition, revision));
        var row = _row.Step() ? (new Guid(_row.Bytes(0)), _row.Bytes(1).ToArray()) : (Guid.Empty, []);
        _row.Reset();
        return row;
    }

    /// <summary>What this transaction has done to a partition so far.</summary>
    private sealed class Progress(PartitionState partition, long id)
    {
        public long Id { get; } = id;

        public long FirstHead { get; } = partition.Signal.Head;

        public long Head => FirstHead + Changes.Count;

        public List<Change> Changes { get; } = [];

        public long Compacted { get; set; } = partition.Compacted;

        public long? FindLast(ObjectKey key) => Changes.FindLast(c => c.Key == key)?.Revision;
    }
}
