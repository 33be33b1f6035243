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
    private readonly SqliteStatement _history;
    private readonly SqliteStatement _log;

    public SqliteReader(string path)
    {
        _connection = new SqliteConnection(path, busyTimeoutMilliseconds: 2000);
        _connection.Execute("PRAGMA query_only=1");
        _begin = _connection.Prepare("BEGIN");
        _end = _connection.Prepare("COMMIT");
        _bounds = _connection.Prepare(
            """
            SELECT compacted, indexed, (SELECT id FROM log WHERE id > ?2 AND id < ?3 ORDER BY id DESC LIMIT 1)
            FROM partitions WHERE id = ?1
            """);
        _get = _connection.Prepare(
            "SELECT o.revision, l.body FROM objects o CROSS JOIN log l ON l.id = ?1 + o.revision WHERE o.partition = ?2 AND o.key = ?3");
        _list = _connection.Prepare(
            "SELECT key, revision FROM objects WHERE partition = ?1 AND key > ?2 AND key < ?3 ORDER BY key LIMIT ?4");
        _count = _connection.Prepare("SELECT count(*) FROM (SELECT 1 FROM objects WHERE partition = ?1 AND key > ?2 AND key < ?3 LIMIT ?4)");
        _history = _connection.Prepare("SELECT id, key, kind, previous FROM log WHERE id > ?1 AND id <= ?2 ORDER BY id");
        _log = _connection.Prepare(
            """
            SELECT l.id, l.key, l.kind, l.body, p.body FROM log l LEFT JOIN log p ON l.previous > 0 AND p.id = ?3 + l.previous
            WHERE l.id > ?1 AND l.id < ?2 ORDER BY l.id LIMIT ?4
            """);
    }

    /// <summary>The object as the index has it. Whoever calls has looked for a newer change in memory before.</summary>
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

    public ObjectPage List(long partition, ListQuery query, PageBounds bounds)
    {
        _begin.Run();
        try
        {
            var (compacted, indexed, head) = Bounds(partition);
            var revision = query.AtRevision ?? head;
            if (revision < compacted)
                throw new RevisionExpiredException(revision, compacted);
            if (revision > head)
                throw new RevisionInFutureException(revision, head);
            var range = KeyRange.Of(query);
            var difference = new IndexDifference(indexed, revision);
            ReadDifference(partition, range, difference);
            var most = Math.Min(query.Limit > 0 ? query.Limit : int.MaxValue, bounds.Count);
            var page = Merge(partition, range, most, difference);
            var objects = ReadDocuments(partition, page, bounds.Bytes);
            var remaining = objects.Length < page.Count ? page.Count - objects.Length
                : page.Count < most ? 0
                : CountAfter(partition, range, page[^1].Key, difference, exact: page.Count == query.Limit);
            return new(revision, objects, remaining);
        }
        finally
        {
            EndSnapshot();
        }
    }

    /// <summary>Log rows after a revision, from the database.</summary>
    public IReadOnlyList<Change> ReadLog(long partition, long after, int limit)
    {
        _begin.Run();
        try
        {
            var (compacted, _, _) = Bounds(partition);
            if (after < compacted)
                throw new RevisionExpiredException(after, compacted);
            return ReadChanges(partition, after, limit);
        }
        finally
        {
            EndSnapshot();
        }
    }

    public void Dispose() => _connection.Dispose();

    private List<Change> ReadChanges(long partition, long after, int limit)
    {
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
    }

    private void ReadDifference(long partition, KeyRange range, IndexDifference difference)
    {
        _history.Bind(1, SqliteSchema.LogId(partition, difference.From)).Bind(2, SqliteSchema.LogId(partition, difference.To));
        while (_history.Step())
        {
            if (!range.Contains(_history.Bytes(1)))
                continue;
            var key = KeyCodec.Decode(_history.Bytes(1), default);
            var changed = SqliteSchema.Revision(_history.Integer(0));
            difference.Add(key, changed, (ChangeKind)_history.Integer(2), _history.Integer(3));
        }
        _history.Reset();
    }

    /// <summary>One page: the indexed objects that did not change, and those that did as they are at the revision, in key order.</summary>
    private List<KeyValuePair<ObjectKey, long>> Merge(long partition, KeyRange range, int most, IndexDifference difference)
    {
        _list.Bind(1, partition).Bind(4, (long)most + difference.Count);
        range.Bind(_list, 2);
        var page = new List<KeyValuePair<ObjectKey, long>>();
        using var changed = difference.Objects().GetEnumerator();
        var hasChanged = changed.MoveNext();
        var key = default(ObjectKey);
        while (page.Count < most && _list.Step())
        {
            key = KeyCodec.Decode(_list.Bytes(0), key);
            if (difference.Contains(key))
                continue;
            for (; hasChanged && page.Count < most && changed.Current.Key.CompareTo(key) < 0; hasChanged = changed.MoveNext())
                page.Add(changed.Current);
            if (page.Count < most)
                page.Add(new(key, _list.Integer(1)));
        }
        for (; hasChanged && page.Count < most; hasChanged = changed.MoveNext())
            page.Add(changed.Current);
        return page;
    }

    /// <summary>
    /// Reads the documents in the order of the log, which is the order in the file, whatever the order of the keys: each page of the
    /// file is read once, where the key order would come back to it for each of its documents.
    /// </summary>
    /// <returns>Fewer than the page has, from its start on, where all of them would be more than <paramref name="maxBytes"/>.</returns>
    private StoredObject[] ReadDocuments(long partition, List<KeyValuePair<ObjectKey, long>> page, long maxBytes)
    {
        var objects = new StoredObject[page.Count];
        if (page.Count == 0)
            return objects;
        var (count, held) = (page.Count, 0L);
        var (revisions, places) = (new long[page.Count], new int[page.Count]);
        for (var i = 0; i < page.Count; i++)
            (revisions[i], places[i]) = (page[i].Value, i);
        Array.Sort(revisions, places);
        var buffers = new SharedBuffers();
        using var body = _connection.OpenBlob("log", "body", SqliteSchema.LogId(partition, revisions[0]));
        for (var i = 0; i < places.Length; i++)
        {
            if (places[i] >= count)
                continue;
            body.MoveTo(SqliteSchema.LogId(partition, revisions[i]));
            var document = buffers.Take(body.Length, places.Length - i - 1);
            body.Read(document.Span);
            objects[places[i]] = new(page[places[i]].Key, revisions[i], document);
            for (held += document.Length; held > maxBytes && count > 1; held = objects.Take(count).Sum(o => (long)(o?.Document.Length ?? 0)))
                Array.Clear(objects, count /= 2, objects.Length - count);
        }
        return count == objects.Length ? objects : objects[..count];
    }

    /// <summary>How many objects follow; where that need not be exact, at least whether any do.</summary>
    private long CountAfter(long partition, KeyRange range, ObjectKey last, IndexDifference difference, bool exact)
    {
        // -1 is no limit: https://sqlite.org/lang_select.html#limitoffset. The difference can take away no more than it holds.
        _count.Bind(1, partition).Bind(4, exact ? -1 : difference.Count + 1);
        range.From(KeyCodec.Encode(last)).Bind(_count, 2);
        _count.Step();
        var count = _count.Integer(0);
        _count.Reset();
        return count + difference.CountAfter(last);
    }

    private (long Compacted, long Indexed, long Head) Bounds(long partition)
    {
        _bounds.Bind(1, partition).Bind(2, SqliteSchema.LogId(partition, 0)).Bind(3, SqliteSchema.LogId(partition + 1, 0));
        _bounds.Step();
        var (compacted, indexed, newest) = (_bounds.Integer(0), _bounds.Integer(1), SqliteSchema.Revision(_bounds.Integer(2)));
        _bounds.Reset();
        return (compacted, indexed, Math.Max(compacted, newest));
    }

    private void EndSnapshot()
    {
        // A statement that an error left in the middle would keep the snapshot open.
        _list.Reset();
        _log.Reset();
        _history.Reset();
        _end.Run();
    }
}
