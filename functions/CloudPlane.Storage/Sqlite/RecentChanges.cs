namespace CloudPlane.Storage;

/// <summary>
/// The newest change of each object that the <c>objects</c> table does not tell yet. Together with that table it says what is current.
/// </summary>
internal sealed class RecentChanges
{
    private readonly Lock _gate = new();
    private readonly Dictionary<ObjectKey, Change> _byKey = [];
    private long _bytes;

    public int Count => _byKey.Count;

    /// <summary>Bytes of documents that are held.</summary>
    public long Bytes => _bytes;

    public Change? Find(ObjectKey key)
    {
        lock (_gate)
            return _byKey.GetValueOrDefault(key);
    }

    public void Add(Dictionary<ObjectKey, Change> changes)
    {
        lock (_gate)
        {
            foreach (var (key, change) in changes)
            {
                _bytes += change.Document.Length - (_byKey.GetValueOrDefault(key)?.Document.Length ?? 0);
                _byKey[key] = change;
            }
        }
    }

    public void Clear()
    {
        lock (_gate)
        {
            _byKey.Clear();
            _bytes = 0;
        }
    }

    /// <summary>The changes, and others that are newer still. For the writer's thread, which is the only one that changes them.</summary>
    public Dictionary<ObjectKey, Change> With(Dictionary<ObjectKey, Change> newer)
    {
        var all = new Dictionary<ObjectKey, Change>(_byKey);
        foreach (var (key, change) in newer)
            all[key] = change;
        return all;
    }
}
