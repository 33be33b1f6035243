using CloudPlane.Client;

namespace CloudPlane.Controllers;

/// <summary>What happened to one object. <paramref name="Previous"/> is null for an addition (and in a resync), <paramref name="Current"/> for a deletion.</summary>
public readonly record struct ObjectChange<T>(T? Previous, T? Current) where T : class, IKubernetesObject<T>
{
    /// <summary>The object as it is now, or as it was last.</summary>
    public T Latest => Current ?? Previous!;

    /// <summary>Whether the object is gone.</summary>
    public bool IsDeletion => Current is null;
}

/// <summary>An object's place, without the cluster.</summary>
public readonly record struct ObjectName(string Namespace, string Name)
{
    public static ObjectName Of(ObjectMeta metadata) => new(metadata.Namespace ?? "", metadata.Name ?? "");
}
