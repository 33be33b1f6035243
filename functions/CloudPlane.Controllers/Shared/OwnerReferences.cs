using CloudPlane.Client;

namespace CloudPlane.Controllers;

internal static class OwnerReferences
{
    /// <summary>The owner that manages the object, if there is one (at most one reference says controller: true).</summary>
    public static OwnerReference? Controller(this ObjectMeta metadata) => metadata.OwnerReferences?.FirstOrDefault(owner => owner.Controller == true);

    public static OwnerReference? ControllerOfKind(this ObjectMeta metadata, string kind) =>
        metadata.Controller() is { } owner && owner.Kind == kind ? owner : null;

    public static bool IsControlledBy(this ObjectMeta metadata, string uid) => metadata.Controller()?.Uid == uid;

    public static OwnerReference ControllerReference<T>(T owner) where T : IKubernetesObject<T> => new()
    {
        ApiVersion = T.Resource.ApiVersion,
        Kind = T.Resource.Kind,
        Name = owner.Metadata.Name,
        Uid = owner.Metadata.Uid,
        Controller = true,
        BlockOwnerDeletion = true,
    };
}
