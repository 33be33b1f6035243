namespace CloudPlane.Client;

/// <summary>What a watch event says; an ERROR becomes an exception.</summary>
public enum WatchEventKind
{
    Added,
    Modified,

    /// <summary>The object is gone; it comes in its final state.</summary>
    Deleted,

    /// <summary>Nothing happened; only the object's metadata.resourceVersion counts.</summary>
    Bookmark,
}

/// <summary>One event of a watch.</summary>
public sealed record WatchEvent<T>(WatchEventKind Kind, T Object);
