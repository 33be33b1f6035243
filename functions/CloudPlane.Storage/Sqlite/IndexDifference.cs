namespace CloudPlane.Storage;

/// <summary>
/// What the log says about objects between the revision that the index is as of and the revision that is asked for, whichever is
/// newer: changes are applied to get to a newer one (the last of an object counts) and undone to get to an older one (the first counts).
/// </summary>
internal sealed class IndexDifference(long indexed, long revision)
{
    private readonly SortedDictionary<ObjectKey, Difference> _byKey = [];

    public long Revision => revision;

    /// <summary>The log rows to add are those after this revision.</summary>
    public long From => Math.Min(indexed, revision);

    /// <summary>And up to this one.</summary>
    public long To => Math.Max(indexed, revision);

    public int Count => _byKey.Count;

    private bool Forward => revision > indexed;

    /// <summary>Takes in a log row; rows come in the order of their revisions.</summary>
    public void Add(ObjectKey key, long changed, ChangeKind kind, long previous)
    {
        // The state before an object's first row is what to go back to, and what an index that is older has.
        if (!_byKey.TryGetValue(key, out var known))
            known = new(previous, previous > 0);
        var now = kind == ChangeKind.Deleted ? 0 : changed;
        _byKey[key] = Forward ? known with { Revision = now } : known with { IsIndexed = now > 0 };
    }

    public bool Contains(ObjectKey key) => _byKey.ContainsKey(key);

    /// <summary>The objects among them that exist at the revision, in key order, with the revision of their state.</summary>
    public IEnumerable<KeyValuePair<ObjectKey, long>> Objects() =>
        _byKey.Where(d => d.Value.Revision > 0).Select(d => KeyValuePair.Create(d.Key, d.Value.Revision));

    /// <summary>How many more objects there are after a key than the index says.</summary>
    public long CountAfter(ObjectKey key) =>
        _byKey.Where(d => d.Key.CompareTo(key) > 0).Sum(d => (d.Value.Revision > 0 ? 1 : 0) - (d.Value.IsIndexed ? 1 : 0));

    /// <summary>The object's revision at the revision asked for (0: it doesn't exist), and whether the index has it.</summary>
    private readonly record struct Difference(long Revision, bool IsIndexed);
}
