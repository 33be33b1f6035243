namespace CloudPlane.Storage;

/// <summary>A read connection and its statements; one reader at a time. Each method sees one snapshot.</summary>
internal sealed class SqliteReader : IDisposable
{
    private readonly SqliteConnection _connection;
    private readonly SqliteStatement _begin;
    private readonly SqliteStatement _end;
    private readonly SqliteStatement _bounds;
    private readonly SqliteStatement _get;
    private readonly SqliteStatement _list;
    private readonly SqliteStatement _count;
    private readonly SqliteStatement _keys;
    private readonly SqliteStatement _history;
    private readonly SqliteStatement _body;
    private readonly SqliteStatement _log;

    public SqliteReader(string path)
    {
        _connection = new SqliteConnection(path, busyTimeoutMilliseconds: 2000);
        _connection.Execute("PRAGMA query_only=1");
        _begin = _connection.Prepare("BEGIN");
        _end = _connection.Prepare("COMMIT");
        _bounds = _connection.Prepare(
            "SELECT compacted, (SELECT id FROM log WHERE id > ?2 AND id < ?3 ORDER BY id DESC LIMIT 1) FROM partitions WHERE id = ?1");
        _get = _connection.Prepare(
            "SELECT o.revision, l.body FROM objects o CROSS JOIN log l ON l.id = ?1 + o.revision WHERE o.partition = ?2 AND o.key = ?3");
        _list = _connection.Prepare(
            """
            SELECT o.key, o.revision, l.body FROM objects o CROSS JOIN log l ON l.id = ?1 + o.revision
            WHERE o.partition = ?2 AND o.key > ?3 AND o.key < ?4 ORDER BY o.key LIMIT ?5
            """);
        _count = _connection.Prepare("SELECT count(*) FROM objects WHERE partition = ?1 AND key > ?2 AND key < ?3");
        _keys = _connection.Prepare("SELECT key, revision FROM objects WHERE partition = ?1 AND key > ?2 AND key < ?3 ORDER BY key");
        _history = _connection.Prepare("SELECT key, kind, previous FROM log WHERE id > ?1 AND id < ?2 ORDER BY id");
        _body = _connection.Prepare("SELECT body FROM log WHERE id = ?1");
        _log = _connection.Prepare(
            """
            SELECT l.id, l.key, l.kind, l.body, p.body FROM log l LEFT JOIN log p ON l.previous > 0 AND p.id = ?3 + l.previous
            WHERE l.id > ?1 AND l.id < ?2 ORDER BY l.id LIMIT ?4
            """);
    }

    public StoredObject? Get(long partition, ObjectKey key)
    {
        _get.Bind(1, SqliteSchema.LogId(partition, 0)).Bind(2, partition).BindText(3, KeyCodec.Encode(key));
        try
        {
            return _get.Step() ? new(key, _get.Integer(0), _get.Bytes(1).ToArray()) : null;
        }
        finally
        {
            _get.Reset();
        }
    }

    public ObjectPage List(long partition, ListQuery query) => InSnapshot(() =>
    {
        var (compacted, head) = Bounds(partition);
        var revision = query.AtRevision ?? head;
        if (revision < compacted)
            throw new RevisionExpiredException(revision, compacted);
        if (revision > head)
            throw new RevisionInFutureException(revision, head);
        var range = KeyRange.Of(query);
        return revision == head ? ListNewest(partition, range, query.Limit, head) : ListOlder(partition, range, query.Limit, revision);
    });

    /// <summary>Log rows after a revision, from the database.</summary>
    public IReadOnlyList<Change> ReadLog(long partition, long after, int limit) => InSnapshot<IReadOnlyList<Change>>(() =>
    {
        var (compacted, _) = Bounds(partition);
        if (after < compacted)
            throw new RevisionExpiredException(after, compacted);
        var origin = SqliteSchema.LogId(partition, 0);
        _log.Bind(1, origin + after).Bind(2, SqliteSchema.LogId(partition + 1, 0)).Bind(3, origin).Bind(4, limit);
        var changes = new List<Change>();
        var key = default(ObjectKey);
        while (_log.Step())
        {
            key = KeyCodec.Decode(_log.Bytes(1), key);
            var revision = SqliteSchema.Revision(_log.Integer(0));
            changes.Add(new(revision, (ChangeKind)_log.Integer(2), key, _log.Bytes(3).ToArray(), _log.Bytes(4).ToArray()));
        }
        return changes;
    });

    public void Dispose() => _connection.Dispose();

    private ObjectPage ListNewest(long partition, KeyRange range, int limit, long head)
    {
        _list.Bind(1, SqliteSchema.LogId(partition, 0)).Bind(2, partition).Bind(5, limit > 0 ? limit : -1);
        range.Bind(_list, 3);
        var items = new List<StoredObject>();
        var bodies = new SharedBuffers();
        var key = default(ObjectKey);
        while (_list.Step())
        {
            key = KeyCodec.Decode(_list.Bytes(0), key);
            items.Add(new(key, _list.Integer(1), bodies.Add(_list.Bytes(2))));
        }
        _list.Reset();
        var more = limit > 0 && items.Count == limit;
        return new(head, items, more ? Count(partition, range.From(KeyCodec.Encode(key))) : 0);
    }

    /// <summary>
    /// The list at an older revision: the current keys, with every change since then undone. The first change of an object after
    /// the revision says what it was at the revision.
    /// </summary>
    private ObjectPage ListOlder(long partition, KeyRange range, int limit, long revision)
    {
        var older = RevisionsAt(partition, range, revision);
        var items = new List<StoredObject>();
        var bodies = new SharedBuffers();
        foreach (var (key, at) in limit > 0 ? older.Take(limit) : older)
        {
            _body.Bind(1, SqliteSchema.LogId(partition, at));
            if (!_body.Step())
                throw new StoreUnavailableException($"the log misses revision {at} of {key}: the database is damaged");
            items.Add(new(key, at, bodies.Add(_body.Bytes(0))));
            _body.Reset();
        }
        return new(revision, items, older.Count - items.Count);
    }

    private SortedDictionary<ObjectKey, long> RevisionsAt(long partition, KeyRange range, long revision)
    {
        var undone = new Dictionary<ObjectKey, long>();
        _history.Bind(1, SqliteSchema.LogId(partition, revision)).Bind(2, SqliteSchema.LogId(partition + 1, 0));
        while (_history.Step())
        {
            if (range.Contains(_history.Bytes(0)))
                undone.TryAdd(KeyCodec.Decode(_history.Bytes(0), default), _history.Integer(2));
        }
        _history.Reset();
        var revisions = new SortedDictionary<ObjectKey, long>();
        _keys.Bind(1, partition);
        range.Bind(_keys, 2);
        while (_keys.Step())
        {
            var key = KeyCodec.Decode(_keys.Bytes(0), default);
            if (!undone.ContainsKey(key))
                revisions.Add(key, _keys.Integer(1));
        }
        _keys.Reset();
        foreach (var (key, previous) in undone.Where(u => u.Value > 0))
            revisions.Add(key, previous);
        return revisions;
    }

    private long Count(long partition, KeyRange range)
    {
        _count.Bind(1, partition);
        range.Bind(_count, 2);
        _count.Step();
        var count = _count.Integer(0);
        _count.Reset();
        return count;
    }

    private (long Compacted, long Head) Bounds(long partition)
    {
        _bounds.Bind(1, partition).Bind(2, SqliteSchema.LogId(partition, 0)).Bind(3, SqliteSchema.LogId(partition + 1, 0));
        _bounds.Step();
        var compacted = _bounds.Integer(0);
        var newest = SqliteSchema.Revision(_bounds.Integer(1));
        _bounds.Reset();
        return (compacted, Math.Max(compacted, newest));
    }

    private T InSnapshot<T>(Func<T> read)
    {
        _begin.Run();
        try
        {
            return read();
        }
        finally
        {
            foreach (var statement in new[] { _list, _log, _keys, _history, _body, _count, _bounds })
                statement.Reset();
            _end.Run();
        }
    }
}
