using System.Collections.Immutable;

namespace CloudPlane.Client;

/// <summary>What a cache saw happen.</summary>
public enum CacheChangeKind
{
    Added,
    Updated,
    Deleted,

    /// <summary>Every object that exists has been reported; also after each relist.</summary>
    Synced,
}

/// <summary>A change; <paramref name="Before"/> is null for an addition, <paramref name="After"/> is null for a deletion, both for Synced.</summary>
public sealed record CacheChange<T>(CacheChangeKind Kind, T? Before, T? After) where T : class;

/// <summary>From two copies of a resource to what happened between them.</summary>
internal static class CacheChanges
{
    /// <summary>Deletions first, as a name may have been taken again; <see cref="CacheChangeKind.Synced"/> at the end.</summary>
    public static List<CacheChange<T>> Between<T>(ImmutableSortedDictionary<ObjectName, T> before, ImmutableSortedDictionary<ObjectName, T> after)
        where T : class, IKubernetesObject<T>
    {
        var changes = new List<CacheChange<T>>();
        foreach (var (name, gone) in before)
            if (!after.ContainsKey(name)) changes.Add(new(CacheChangeKind.Deleted, gone, null));
        foreach (var (name, value) in after)
            if (Of(before.GetValueOrDefault(name), value) is { } change) changes.Add(change);
        changes.Add(new(CacheChangeKind.Synced, null, null));
        return changes;
    }

    /// <summary>Null when nothing happened.</summary>
    public static CacheChange<T>? Of<T>(T? before, T after) where T : class, IKubernetesObject<T> =>
        before is null ? new(CacheChangeKind.Added, null, after)
        : before.Metadata.ResourceVersion == after.Metadata.ResourceVersion ? null
        : new(CacheChangeKind.Updated, before, after);
}
