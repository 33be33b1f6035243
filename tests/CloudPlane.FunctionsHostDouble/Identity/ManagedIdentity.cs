namespace CloudPlane.Doubles;

/// <summary>A user-assigned identity of the function app.</summary>
/// <param name="Authority">Who issues its tokens.</param>
/// <param name="ClientId">What the app asks for it by (AZURE_CLIENT_ID).</param>
/// <param name="ObjectId">What roles are assigned to.</param>
public sealed record ManagedIdentity(EntraAuthority Authority, Guid ClientId, Guid ObjectId);
