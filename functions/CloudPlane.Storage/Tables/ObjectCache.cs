namespace CloudPlane.Storage;

/// <summary>
/// Objects with the ETags of their rows: an update of one of them needs no read, because its ETag proves that it is what it was. What is
/// stale here is found out by that. Two generations: when the young one is half of what is allowed, it becomes the old one.
/// </summary>
internal sealed class ObjectCache(long maxBytes)
{
    private readonly Lock _gate = new();
    private Dictionary<ObjectKey, KnownObject> _young = [];
    private Dictionary<ObjectKey, KnownObject> _old = [];
    private long _youngBytes;

    public KnownObject? Find(ObjectKey key)
    {
        lock (_gate)
        {
            if (_young.TryGetValue(key, out var known))
                return known;
            if (!_old.Remove(key, out known))
                return null;
            Add(key, known);
            return known;
        }
    }

    /// <summary>Remembers an object that exists, unless a newer state of it is known.</summary>
    public void Put(ObjectKey key, KnownObject known)
    {
        lock (_gate)
        {
            if (_young.TryGetValue(key, out var other) && other.Revision >= known.Revision)
                return;
            Remove(key);
            Add(key, known);
        }
    }

    public void Forget(ObjectKey key)
    {
        lock (_gate)
            Remove(key);
    }

    public void Clear()
    {
        lock (_gate)
            (_young, _old, _youngBytes) = ([], [], 0);
    }

    private void Add(ObjectKey key, KnownObject known)
    {
        _young[key] = known;
        _youngBytes += Size(known);
        if (_youngBytes > maxBytes / 2)
            (_old, _young, _youngBytes) = (_young, [], 0);
    }

    private void Remove(ObjectKey key)
    {
        if (_young.Remove(key, out var known))
            _youngBytes -= Size(known);
        _old.Remove(key);
    }

    private static long Size(KnownObject known) => known.Stored!.Document.Length + 512;
}
