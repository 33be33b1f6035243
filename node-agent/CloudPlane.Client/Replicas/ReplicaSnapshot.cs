using System.Collections.Concurrent;
using System.Collections.Immutable;

namespace CloudPlane.Client;

/// <summary>A resource's objects as of a revision. Immutable: a reader keeps one for as long as it thinks.</summary>
public sealed class ReplicaSnapshot<T> where T : class, IKubernetesObject<T>
{
    // Filled on demand with what follows from the objects: readers can't see the difference.
    private readonly ConcurrentDictionary<ReplicaIndex<T>, IndexData<T>> _indexes;
    private readonly ImmutableSortedDictionary<ObjectName, T> _objects;

    private ReplicaSnapshot(
        long revision, ImmutableSortedDictionary<ObjectName, T> objects, ConcurrentDictionary<ReplicaIndex<T>, IndexData<T>> indexes)
    {
        Revision = revision;
        _objects = objects;
        _indexes = indexes;
    }

    /// <summary>The store's revision of the resource; -1 before the first sync.</summary>
    public long Revision { get; }

    /// <summary>Every object, ordered by namespace and name.</summary>
    public IEnumerable<T> All => _objects.Values;

    public int Count => _objects.Count;

    public T? Get(string ns, string name) => _objects.GetValueOrDefault(new ObjectName(ns, name));

    /// <summary>A namespace's objects, ordered by name.</summary>
    public IEnumerable<T> List(string ns) => By(ReplicaIndexes<T>.Namespace, ns).Values;

    /// <summary>The objects filed under a key, ordered. A later snapshot answers with the same instance if none of them changed.</summary>
    public IReadOnlyDictionary<ObjectName, T> Bucket(ReplicaIndex<T> index, string key) => By(index, key);

    /// <summary>The objects filed under a key, ordered by namespace and name.</summary>
    public IEnumerable<T> Find(ReplicaIndex<T> index, string key) => By(index, key).Values;

    /// <summary>A snapshot of these objects.</summary>
    public static ReplicaSnapshot<T> Build(long revision, IEnumerable<T> objects) =>
        new(revision, objects.ToImmutableSortedDictionary(o => ObjectName.Of(o.Metadata), o => o), new());

    internal ReplicaSnapshot<T> Apply(long revision, IEnumerable<(bool Deleted, T Value)> feed)
    {
        var objects = _objects.ToBuilder();
        var changes = new List<ReplicaChange<T>>();
        foreach (var (deleted, value) in feed)
        {
            var name = ObjectName.Of(value.Metadata);
            changes.Add(new(name, objects.GetValueOrDefault(name), deleted ? null : value));
            if (deleted) objects.Remove(name);
            else objects[name] = value;
        }
        var indexes = new ConcurrentDictionary<ReplicaIndex<T>, IndexData<T>>(
            _indexes.Select(i => KeyValuePair.Create(i.Key, i.Value.Apply(changes))));
        return new(revision, objects.ToImmutable(), indexes);
    }

    private ImmutableSortedDictionary<ObjectName, T> By(ReplicaIndex<T> index, string key) =>
        _indexes.GetOrAdd(index, static (i, objects) => IndexData<T>.Build(i, objects), _objects).Bucket(key);
}
