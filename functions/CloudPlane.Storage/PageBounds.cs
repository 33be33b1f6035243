namespace CloudPlane.Storage;

/// <summary>How much of a list to read at once.</summary>
internal readonly record struct PageBounds(int Count, long Bytes)
{
    // As much as is worth a flush to a client; a hundred slow clients hold that much each.
    private const int TargetBytes = 256 * 1024;

    // The documents of a page may be larger than those of the page before, by which its count was chosen.
    private const int MaxBytes = 4 * TargetBytes;

    private const int MaxCount = 1024;

    /// <summary>Everything.</summary>
    public static readonly PageBounds None = new(int.MaxValue, long.MaxValue);

    /// <summary>The first page of a scan.</summary>
    public static readonly PageBounds First = new(128, MaxBytes);

    /// <summary>The page after these objects: as many as are of the wanted size if they are like these.</summary>
    public static PageBounds After(IReadOnlyList<StoredObject> objects)
    {
        var bytes = objects.Sum(o => (long)o.Document.Length);
        return new((int)Math.Clamp(TargetBytes * (long)objects.Count / Math.Max(bytes, 1), 1, MaxCount), MaxBytes);
    }

    /// <summary>The objects from a place on that make up a page. At least one, if there is one.</summary>
    public static IReadOnlyList<StoredObject> Take(IReadOnlyList<StoredObject> objects, int from)
    {
        var (end, bytes) = (from, 0L);
        while (end < objects.Count && end - from < MaxCount && bytes < TargetBytes)
            bytes += objects[end++].Document.Length;
        return from == 0 && end == objects.Count ? objects : [.. objects.Skip(from).Take(end - from)];
    }
}
