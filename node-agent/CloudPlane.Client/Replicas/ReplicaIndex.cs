namespace CloudPlane.Client;

/// <summary>
/// A way to find objects: the keys that an object is filed under. An index is built when first asked for and then kept up with the
/// changes, so an instance must be shared: keep it in a static readonly field.
/// </summary>
public sealed class ReplicaIndex<T>(string name, Func<T, IEnumerable<string>> keys) where T : class
{
    /// <summary>For messages.</summary>
    public string Name { get; } = name;

    internal IEnumerable<string> KeysOf(T value) => keys(value);
}

/// <summary>The indexes that any kind has.</summary>
public static class ReplicaIndexes<T> where T : class, IKubernetesObject<T>
{
    /// <summary>By namespace.</summary>
    public static readonly ReplicaIndex<T> Namespace = new("namespace", o => [o.Metadata.Namespace ?? ""]);

    /// <summary>By the uid of each owner reference.</summary>
    public static readonly ReplicaIndex<T> OwnerUid = new("owner", o => (o.Metadata.OwnerReferences ?? []).Select(r => r.Uid ?? "").Distinct());

    /// <summary>By the uid of the owner that is its controller.</summary>
    public static readonly ReplicaIndex<T> ControllerUid = new("controller", o => Owners.ControllerOf(o.Metadata)?.Uid is { } uid ? [uid] : []);

    /// <summary>By the object's own uid.</summary>
    public static readonly ReplicaIndex<T> Uid = new("uid", o => o.Metadata.Uid is { } uid ? [uid] : []);
}

/// <summary>The indexes of pods.</summary>
public static class PodIndexes
{
    /// <summary>By the node they are bound to; "" for pods that are not.</summary>
    public static readonly ReplicaIndex<Pod> NodeName = new("nodeName", p => [p.Spec?.NodeName ?? ""]);
}
