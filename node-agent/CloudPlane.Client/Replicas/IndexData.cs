using System.Collections.Immutable;

namespace CloudPlane.Client;

/// <summary>An index's content as of a snapshot. A bucket that no change touched stays the same instance, so caches can hang on it.</summary>
internal sealed class IndexData<T> where T : class
{
    private readonly ReplicaIndex<T> _index;
    private readonly ImmutableDictionary<string, ImmutableSortedDictionary<ObjectName, T>> _buckets;

    private IndexData(ReplicaIndex<T> index, ImmutableDictionary<string, ImmutableSortedDictionary<ObjectName, T>> buckets)
    {
        _index = index;
        _buckets = buckets;
    }

    public static IndexData<T> Build(ReplicaIndex<T> index, IEnumerable<KeyValuePair<ObjectName, T>> objects)
    {
        var buckets = new Dictionary<string, ImmutableSortedDictionary<ObjectName, T>.Builder>();
        foreach (var (name, value) in objects)
            foreach (var key in index.KeysOf(value))
            {
                if (!buckets.TryGetValue(key, out var bucket))
                    buckets[key] = bucket = ImmutableSortedDictionary.CreateBuilder<ObjectName, T>();
                bucket[name] = value;
            }
        return new(index, buckets.ToImmutableDictionary(b => b.Key, b => b.Value.ToImmutable()));
    }

    public ImmutableSortedDictionary<ObjectName, T> Bucket(string key) =>
        _buckets.GetValueOrDefault(key) ?? ImmutableSortedDictionary<ObjectName, T>.Empty;

    public IndexData<T> Apply(IReadOnlyList<ReplicaChange<T>> changes)
    {
        var buckets = _buckets.ToBuilder();
        foreach (var (name, before, after) in changes)
        {
            var leaves = before is null ? [] : _index.KeysOf(before).ToArray();
            var enters = after is null ? [] : _index.KeysOf(after).ToArray();
            foreach (var key in leaves.Except(enters)) Remove(buckets, key, name);
            foreach (var key in enters)
                buckets[key] = (buckets.GetValueOrDefault(key) ?? ImmutableSortedDictionary<ObjectName, T>.Empty).SetItem(name, after!);
        }
        return new(_index, buckets.ToImmutable());
    }

    private static void Remove(ImmutableDictionary<string, ImmutableSortedDictionary<ObjectName, T>>.Builder buckets, string key, ObjectName name)
    {
        if (!buckets.TryGetValue(key, out var bucket)) return;
        bucket = bucket.Remove(name);
        if (bucket.IsEmpty) buckets.Remove(key);
        else buckets[key] = bucket;
    }
}

/// <summary>
/// What happened to an object between two snapshots: <paramref name="Before"/> null for an addition, <paramref name="After"/> for a deletion.
/// </summary>
internal readonly record struct ReplicaChange<T>(ObjectName Name, T? Before, T? After) where T : class;
