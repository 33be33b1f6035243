namespace CloudPlane.Storage;

/// <summary>What to list.</summary>
public sealed record ListQuery
{
    /// <summary>Only this namespace; null for all.</summary>
    public string? Namespace { get; init; }

    /// <summary>Only keys greater than this one (the last key of the page before).</summary>
    public ObjectKey? After { get; init; }

    /// <summary>At most this many objects; 0 for no limit.</summary>
    public int Limit { get; init; }

    /// <summary>
    /// As of this revision; null for the newest. Older than the compacted revision throws <see cref="RevisionExpiredException"/>,
    /// newer than the head <see cref="RevisionInFutureException"/>.
    /// </summary>
    public long? AtRevision { get; init; }
}

/// <summary>
/// A page of a list. <paramref name="Revision"/> is the revision that the whole page is consistent with;
/// <paramref name="Remaining"/> counts the objects of the same list after this page (0 when it is the last).
/// </summary>
public sealed record ObjectPage(long Revision, IReadOnlyList<StoredObject> Items, long Remaining);
