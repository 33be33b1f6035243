namespace CloudPlane.Storage;

/// <summary>
/// The newest changes of a partition, kept in memory so that watchers share one <see cref="Change"/> instance and don't touch the
/// backend. Bounded by count and by bytes; always a gapless run of revisions.
/// </summary>
internal sealed class ChangeTail(int maxCount, long maxBytes)
{
    private readonly Lock _gate = new();
    private Change?[] _ring = new Change?[16];
    private long _first = 1;
    private int _count;
    private long _bytes;

    /// <summary>Adds committed changes, in order. A gap to what is here already drops the older part.</summary>
    public void Append(ReadOnlySpan<Change> changes)
    {
        lock (_gate)
        {
            foreach (var change in changes)
                Append(change);
        }
    }

    /// <summary>The changes after a revision, if the tail reaches back so far.</summary>
    public bool TryRead(long after, int limit, out IReadOnlyList<Change> changes)
    {
        lock (_gate)
        {
            changes = [];
            if (after < _first - 1 || _count == 0)
                return false;
            var available = _first + _count - 1 - after;
            if (available <= 0)
                return true;
            var read = new Change[Math.Min(available, limit)];
            for (var i = 0; i < read.Length; i++)
                read[i] = Slot(after + 1 + i)!;
            changes = read;
            return true;
        }
    }

    /// <summary>The change that made a revision, or null where the tail doesn't hold it.</summary>
    public Change? Find(long revision)
    {
        lock (_gate)
            return revision >= _first && revision < _first + _count ? Slot(revision) : null;
    }

    /// <summary>The newest change of an object, or null where the tail holds none.</summary>
    public Change? FindLast(ObjectKey key)
    {
        lock (_gate)
        {
            for (var revision = _first + _count - 1; revision >= _first; revision--)
            {
                if (Slot(revision)!.Key == key)
                    return Slot(revision);
            }
            return null;
        }
    }

    private ref Change? Slot(long revision) => ref _ring[revision % _ring.Length];

    private void Append(Change change)
    {
        if (change.Revision != _first + _count)
            Restart(change.Revision);
        if (_count == _ring.Length && _count < maxCount)
            Grow();
        var size = Size(change);
        while (_count > 0 && (_count == _ring.Length || _bytes + size > maxBytes))
            DropOldest();
        Slot(change.Revision) = change;
        _count++;
        _bytes += size;
    }

    private void Restart(long first)
    {
        Array.Clear(_ring);
        (_first, _count, _bytes) = (first, 0, 0);
    }

    private void Grow()
    {
        var larger = new Change?[Math.Min(maxCount, _ring.Length * 2)];
        for (var revision = _first; revision < _first + _count; revision++)
            larger[revision % larger.Length] = Slot(revision);
        _ring = larger;
    }

    private void DropOldest()
    {
        _bytes -= Size(Slot(_first)!);
        Slot(_first) = null;
        _first++;
        _count--;
    }

    // Counts the previous document too: it is shared with an older change only as long as that one is in the tail.
    private static long Size(Change change) => change.Document.Length + change.Previous.Length + 128;
}
