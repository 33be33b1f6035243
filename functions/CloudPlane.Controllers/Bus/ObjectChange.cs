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
