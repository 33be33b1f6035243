using CloudPlane.Client;

namespace CloudPlane.Controllers;

internal static class CreateIfAbsent
{
    /// <summary>A create whose object exists already (another run was first) is as good as done; so is one whose namespace goes away meanwhile.</summary>
    public static async Task RunAsync(Task create)
    {
        try
        {
            await create.ConfigureAwait(false);
        }
        catch (ApiException settled) when (settled.IsAlreadyExists || settled.IsNotFound || settled is { Code: 403, Reason: "Forbidden" })
        {
            // 403: NamespaceLifecycle forbids creating in a namespace that is being terminated.
        }
    }
}
