namespace CloudPlane.Storage;

/// <summary>
/// The newest changes of a partition that this process knows, for all its watchers. Other processes write too, so there may be holes,
/// which a reader fills from the table. Bounded by count and by bytes; what goes first is the oldest.
/// </summary>
internal sealed class RecentLog(int maxCount, long maxBytes)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<long, LogEntry> _entries = [];
    private long _oldest = long.MaxValue;
    private long _bytes;

    public void Add(IReadOnlyList<LogEntry> entries)
    {
        lock (_gate)
        {
            foreach (var entry in entries)
                Add(entry);
        }
    }

    public LogEntry? Find(long revision)
    {
        lock (_gate)
            return _entries.GetValueOrDefault(revision);
    }

    /// <summary>The changes from one revision to another, or null if one is missing.</summary>
    public LogEntry[]? TryRead(long first, long last)
    {
        lock (_gate)
        {
            if (last - first >= _entries.Count)
                return null;
            var read = new LogEntry[last - first + 1];
            for (var i = 0; i < read.Length; i++)
            {
                if (!_entries.TryGetValue(first + i, out read[i]!))
                    return null;
            }
            return read;
        }
    }

    public void Clear()
    {
        lock (_gate)
        {
            _entries.Clear();
            (_oldest, _bytes) = (long.MaxValue, 0);
        }
    }

    private void Add(LogEntry entry)
    {
        var revision = entry.Change.Revision;
        if (!_entries.TryAdd(revision, entry))
            return;
        _bytes += Size(entry);
        _oldest = Math.Min(_oldest, revision);
        while (_entries.Count > 1 && (_entries.Count > maxCount || _bytes > maxBytes))
        {
            if (_entries.Remove(_oldest++, out var dropped))
                _bytes -= Size(dropped);
        }
    }

    private static long Size(LogEntry entry) => entry.Change.Document.Length + entry.Change.Previous.Length + 128;
}
