using System.Collections.Concurrent;

namespace CloudPlane.Doubles;

/// <summary>Which identities of a tenant may do what in the whole namespace: what roles on it say.</summary>
public sealed class RoleAssignments(EntraAuthority authority)
{
    // What Entra calls Service Bus; the same in each region of the public cloud.
    private const string Audience = "https://servicebus.azure.net";

    private readonly ConcurrentDictionary<Guid, AccessRights> _rights = new();

    /// <summary>Azure Service Bus Data Owner: <see cref="AccessRights.All"/>; Data Sender and Data Receiver: one of them.</summary>
    public void Assign(Guid objectId, AccessRights rights) => _rights[objectId] = rights;

    /// <exception cref="BusException">401: the token is no good, or its identity has not the role.</exception>
    internal void Authorize(string token, AccessRights right)
    {
        if (authority.Validate(token, Audience) is not { } identity)
            throw new BusException(401, "InvalidToken: The token is not valid for this service.");
        if (!_rights.GetValueOrDefault(identity).HasFlag(right))
            throw new BusException(401, $"Unauthorized access. '{right}' claim(s) are required to perform this operation.");
    }
}
