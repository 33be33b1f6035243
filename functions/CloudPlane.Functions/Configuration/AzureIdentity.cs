using Azure.Core;
using Azure.Identity;

namespace CloudPlane.Functions;

/// <summary>Who this process is to Azure when no key is configured.</summary>
internal static class AzureIdentity
{
    /// <summary>
    /// The first of these that there is: environment variables, workload identity, managed identity (AZURE_CLIENT_ID says which, where there
    /// are several), the developer's login of <c>az</c> or <c>azd</c>. Nothing is sent before the first token is needed.
    /// </summary>
    public static TokenCredential Create() => new DefaultAzureCredential(new DefaultAzureCredentialOptions
    {
        // Editors and browsers are not where a server runs.
        ExcludeVisualStudioCredential = true,
        ExcludeVisualStudioCodeCredential = true,
        ExcludeAzurePowerShellCredential = true,
        ExcludeInteractiveBrowserCredential = true,
        ExcludeBrokerCredential = true,
    });
}
