namespace CloudPlane.Client;

/// <summary>Owner references.</summary>
public static class Owners
{
    /// <summary>The owner that controls the object, or null.</summary>
    public static OwnerReference? ControllerOf(ObjectMeta metadata)
    {
        foreach (var owner in metadata.OwnerReferences ?? [])
            if (owner.Controller == true) return owner;
        return null;
    }

    /// <summary>Whether the object is controlled by the owner with that uid.</summary>
    public static bool IsControlledBy(ObjectMeta metadata, string? uid) => uid is not null && ControllerOf(metadata)?.Uid == uid;

    /// <summary>The reference that makes <paramref name="owner"/> the controller of an object, and holds up its foreground deletion.</summary>
    public static OwnerReference ControllerReference<T>(T owner) where T : class, IKubernetesObject<T> => new()
    {
        ApiVersion = T.Resource.ApiVersion,
        Kind = T.Resource.Kind,
        Name = owner.Metadata.Name,
        Uid = owner.Metadata.Uid,
        Controller = true,
        BlockOwnerDeletion = true,
    };
}
