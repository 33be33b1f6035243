namespace CloudPlane.Storage;

/// <summary>The <c>objects</c> table, as the write connection sees and updates it.</summary>
internal sealed class ObjectIndex(SqliteConnection connection)
{
    private readonly SqliteStatement _find = connection.Prepare("SELECT revision FROM objects WHERE partition = ?1 AND key = ?2");
    private readonly SqliteStatement _set = connection.Prepare(
        "INSERT OR REPLACE INTO objects(partition, key, revision) VALUES(?1, ?2, ?3)");
    private readonly SqliteStatement _remove = connection.Prepare("DELETE FROM objects WHERE partition = ?1 AND key = ?2");
    private readonly SqliteStatement _setIndexed = connection.Prepare("UPDATE partitions SET indexed = ?2 WHERE id = ?1");
    private readonly SqliteStatement _bounds = connection.Prepare(
        $"""
        SELECT id, cluster, resource, compacted, indexed,
            (SELECT l.id FROM log l
             WHERE l.id > p.id << {SqliteSchema.RevisionBits} AND l.id < (p.id + 1) << {SqliteSchema.RevisionBits}
             ORDER BY l.id DESC LIMIT 1)
        FROM partitions p
        """);
    private readonly SqliteStatement _unindexed = connection.Prepare("SELECT id, key, kind FROM log WHERE id > ?1 AND id < ?2 ORDER BY id");

    /// <summary>The revision of an object as of the last update; 0 when there was none.</summary>
    public long Find(long partition, byte[] key)
    {
        _find.Bind(1, partition).BindText(2, key);
        var revision = _find.Step() ? _find.Integer(0) : 0;
        _find.Reset();
        return revision;
    }

    /// <summary>Brings the table up to date with a partition's newest changes, which reach up to <paramref name="head"/>.</summary>
    public void Update(long partition, long head, IEnumerable<Change> changes)
    {
        // In the order of the keys, so that each page is visited once.
        foreach (var change in changes.OrderBy(c => c.Key))
            Apply(partition, KeyCodec.Encode(change.Key), change.Kind, change.Revision);
        _setIndexed.Bind(1, partition).Bind(2, head).Run();
    }

    /// <summary>Reads all partitions, after applying the log rows that a process which was killed had not yet put into the table.</summary>
    public List<PartitionRow> Load()
    {
        var partitions = new List<PartitionRow>();
        while (_bounds.Step())
        {
            var compacted = _bounds.Integer(3);
            var head = Math.Max(compacted, SqliteSchema.Revision(_bounds.Integer(5)));
            partitions.Add(new(_bounds.Integer(0), new(_bounds.Text(1), _bounds.Text(2)), head, compacted, _bounds.Integer(4)));
        }
        _bounds.Reset();
        var behind = partitions.Where(p => p.Indexed < p.Head).ToArray();
        if (behind.Length > 0)
            Recover(behind);
        return partitions;
    }

    private void Recover(PartitionRow[] behind)
    {
        connection.Execute("BEGIN IMMEDIATE");
        foreach (var partition in behind)
        {
            _unindexed.Bind(1, SqliteSchema.LogId(partition.Id, partition.Indexed)).Bind(2, SqliteSchema.LogId(partition.Id + 1, 0));
            while (_unindexed.Step())
            {
                var revision = SqliteSchema.Revision(_unindexed.Integer(0));
                Apply(partition.Id, _unindexed.Bytes(1).ToArray(), (ChangeKind)_unindexed.Integer(2), revision);
            }
            _unindexed.Reset();
            _setIndexed.Bind(1, partition.Id).Bind(2, partition.Head).Run();
        }
        connection.Execute("COMMIT");
    }

    private void Apply(long partition, byte[] key, ChangeKind kind, long revision)
    {
        if (kind == ChangeKind.Deleted)
            _remove.Bind(1, partition).BindText(2, key).Run();
        else
            _set.Bind(1, partition).BindText(2, key).Bind(3, revision).Run();
    }
}

/// <summary>A partition as the database has it.</summary>
internal sealed record PartitionRow(long Id, Partition Partition, long Head, long Compacted, long Indexed);
