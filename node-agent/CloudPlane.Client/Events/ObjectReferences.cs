namespace CloudPlane.Client;

/// <summary>References to objects, as events carry them.</summary>
public static class ObjectReferences
{
    /// <summary>The reference to an object; <paramref name="fieldPath"/> names a part of it ("spec.containers{web}").</summary>
    public static ObjectReference To<T>(T value, string? fieldPath = null) where T : class, IKubernetesObject<T> => new()
    {
        ApiVersion = T.Resource.ApiVersion,
        Kind = T.Resource.Kind,
        Namespace = value.Metadata.Namespace,
        Name = value.Metadata.Name,
        Uid = value.Metadata.Uid,
        ResourceVersion = value.Metadata.ResourceVersion,
        FieldPath = fieldPath,
    };
}
