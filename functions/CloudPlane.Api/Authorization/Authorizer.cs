using CloudPlane.Schema;

namespace CloudPlane.Api;

/// <summary>Who may do what: system:masters everything, nodes what their own work needs, everybody known discovery.</summary>
internal sealed class Authorizer(NodeAuthorizer nodes)
{
    private static readonly string[] DiscoveryPaths = ["/api", "/apis", "/openapi", "/version", "/healthz", "/livez", "/readyz"];

    /// <exception cref="ApiStatusException">403 in the words of Kubernetes.</exception>
    public async ValueTask AuthorizeAsync(Operation operation)
    {
        var user = operation.User;
        if (user.In(ApiUser.Masters))
            return;
        if (user.NodeName is { } node && await nodes.AllowsAsync(node, operation))
            return;
        throw ApiErrors.Forbidden(operation.Resource, operation.Name, Refusal(operation));
    }

    /// <summary>A path that is no resource.</summary>
    /// <exception cref="ApiStatusException">403 in the words of Kubernetes.</exception>
    public static void AuthorizePath(ApiUser user, string method, string path)
    {
        var isDiscovery = method == "GET" && Array.Exists(DiscoveryPaths, p => path == p || path.StartsWith(p + "/", StringComparison.Ordinal));
        if (!isDiscovery && !user.In(ApiUser.Masters))
            throw ApiErrors.ForbiddenPath(user.Name, method.ToLowerInvariant(), path);
    }

    private static string Refusal(Operation operation)
    {
        var resource = operation.Subresource is { } s ? $"{operation.Resource.Plural}/{s.Name}" : operation.Resource.Plural;
        var scope = operation.ScopeNamespace.Length > 0 && operation.Resource.Namespaced
            ? $"in the namespace {GoText.Quote(operation.ScopeNamespace)}"
            : "at the cluster scope";
        return $"User {GoText.Quote(operation.User.Name)} cannot {operation.Verb} resource {GoText.Quote(resource)} in API group {GoText.Quote(operation.Resource.Group)} {scope}";
    }
}
