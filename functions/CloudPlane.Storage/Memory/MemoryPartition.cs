namespace CloudPlane.Storage;

/// <summary>One partition of a <see cref="MemoryStore"/>: objects sorted by key, and the log since the compacted revision.</summary>
internal sealed class MemoryPartition(int maxDocumentBytes)
{
    private readonly Lock _gate = new();
    private readonly List<StoredObject> _objects = [];
    private readonly List<LogRow> _log = [];
    private long _compacted;

    /// <summary>The head, and who waits for it.</summary>
    public HeadSignal Signal { get; } = new(0);

    public StoredObject? Get(ObjectKey key)
    {
        lock (_gate)
            return Find(key, out var index) ? _objects[index] : null;
    }

    public WriteResult Write(Write write)
    {
        KeyCodec.Check(write);
        if (write.Document.Bytes.Length > maxDocumentBytes)
            return new(WriteOutcome.TooLarge, null);
        lock (_gate)
        {
            var current = Find(write.Key, out var index) ? _objects[index] : null;
            if (write.Delete && current is null || (current?.Revision ?? 0) != write.ExpectedRevision)
                return Refuse(write, current);
            return new(WriteOutcome.Committed, Apply(write, current, index));
        }
    }

    public ObjectPage List(ListQuery query)
    {
        lock (_gate)
        {
            var revision = query.AtRevision ?? Signal.Head;
            CheckReadable(revision);
            var all = revision == Signal.Head ? _objects : AsOf(revision);
            var from = query.After is { } after ? UpperBound(all, after) : 0;
            var matching = all.Skip(from).Where(o => query.Namespace is null || o.Key.Namespace == query.Namespace).ToArray();
            var items = query.Limit > 0 && query.Limit < matching.Length ? matching[..query.Limit] : matching;
            return new(revision, items, matching.Length - items.Length);
        }
    }

    public IReadOnlyList<Change> ReadLog(long after, int limit)
    {
        lock (_gate)
        {
            if (after < _compacted)
                throw new RevisionExpiredException(after, _compacted);
            // The log is gapless from the compacted revision on, so positions are revisions.
            return [.. _log.Skip((int)Math.Min(after - _compacted, _log.Count)).Take(limit).Select(r => r.Change)];
        }
    }

    public bool Compact(long revision)
    {
        lock (_gate)
        {
            if (revision > Signal.Head)
                throw new RevisionInFutureException(revision, Signal.Head);
            if (revision <= _compacted)
                return false;
            _log.RemoveRange(0, (int)(revision - _compacted));
            _compacted = revision;
            return true;
        }
    }

    private StoredObject Apply(Write write, StoredObject? current, int index)
    {
        var revision = Signal.Head + 1;
        var stored = new StoredObject(write.Key, revision, write.Document.Stamp(revision));
        var kind = write.Delete ? ChangeKind.Deleted : current is null ? ChangeKind.Added : ChangeKind.Modified;
        if (current is null)
            _objects.Insert(~index, stored);
        else if (write.Delete)
            _objects.RemoveAt(index);
        else
            _objects[index] = stored;
        _log.Add(new(new(revision, kind, write.Key, stored.Document, current?.Document ?? default), current, write.OperationId));
        Signal.Advance(revision)?.SetResult();
        return stored;
    }

    private WriteResult Refuse(Write write, StoredObject? current)
    {
        var last = _log.FindLast(row => row.Change.Key == write.Key);
        if (last is null || last.OperationId != write.OperationId)
            return new(WriteOutcome.Conflict, current);
        return new(WriteOutcome.Committed, new(write.Key, last.Change.Revision, last.Change.Document));
    }

    /// <summary>The objects at an older revision: the current ones with the log undone, newest change first.</summary>
    private List<StoredObject> AsOf(long revision)
    {
        var undone = new SortedDictionary<ObjectKey, StoredObject?>();
        for (var i = _log.Count - 1; i >= 0 && _log[i].Change.Revision > revision; i--)
            undone[_log[i].Change.Key] = _log[i].Previous;
        var untouched = _objects.Where(o => !undone.ContainsKey(o.Key));
        return [.. untouched.Concat(undone.Values.OfType<StoredObject>()).OrderBy(o => o.Key)];
    }

    private void CheckReadable(long revision)
    {
        if (revision < _compacted)
            throw new RevisionExpiredException(revision, _compacted);
        if (revision > Signal.Head)
            throw new RevisionInFutureException(revision, Signal.Head);
    }

    private bool Find(ObjectKey key, out int index)
    {
        index = UpperBound(_objects, key) - 1;
        if (index >= 0 && _objects[index].Key == key)
            return true;
        index = ~(index + 1);
        return false;
    }

    /// <summary>How many objects have a key at or before the given one.</summary>
    private static int UpperBound(List<StoredObject> objects, ObjectKey key)
    {
        var (low, high) = (0, objects.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (objects[middle].Key.CompareTo(key) <= 0)
                low = middle + 1;
            else
                high = middle;
        }
        return low;
    }

    private sealed record LogRow(Change Change, StoredObject? Previous, Guid OperationId);
}
