using CloudPlane.Client;

namespace CloudPlane.Controllers;

internal static class OwnerReferences
{
    /// <summary>The reference to the owner that manages the object, if that is of the given kind.</summary>
    public static OwnerReference? ControllerOfKind(this ObjectMeta metadata, string kind) =>
        Owners.ControllerOf(metadata) is { } owner && owner.Kind == kind ? owner : null;
}
