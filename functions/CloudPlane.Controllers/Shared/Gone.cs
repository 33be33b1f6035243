using CloudPlane.Client;

namespace CloudPlane.Controllers;

internal static class Gone
{
    /// <summary>A write to an object that was deleted meanwhile: there is nothing left to do for it, and its deletion wakes whom it concerns.</summary>
    public static async Task IgnoredAsync(Task write)
    {
        try
        {
            await write.ConfigureAwait(false);
        }
        catch (ApiException gone) when (gone.IsNotFound)
        {
        }
    }
}
