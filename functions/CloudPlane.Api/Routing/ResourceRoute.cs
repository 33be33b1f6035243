using CloudPlane.Schema;

namespace CloudPlane.Api;

/// <summary>A path of /api or /apis that names a resource.</summary>
internal sealed record ResourceRoute(ResourceType Resource, string Namespace, string Name, Subresource? Subresource)
{
    /// <summary>
    /// The route of a path's segments, or null when the server has no such resource. A resource without that subresource is a 404 that says so. Whether the method fits is for <see cref="Verb"/> to say.
    /// </summary>
    public static ResourceRoute? Parse(Catalog catalog, ReadOnlySpan<string> segments)
    {
        string group, version;
        if (segments is ["api", _, _, ..])
        {
            (group, version) = ("", segments[1]);
            segments = segments[2..];
        }
        else if (segments is ["apis", _, _, _, ..])
        {
            (group, version) = (segments[1], segments[2]);
            segments = segments[3..];
        }
        else
        {
            return null;
        }

        var space = "";
        // /namespaces/{name}/{resource}; but status and finalize are subresources of the namespace itself.
        if (segments is ["namespaces", _, not ("status" or "finalize"), ..])
        {
            space = segments[1];
            segments = segments[2..];
        }

        if (segments.Length > 3 || catalog.Find(group, version, segments[0]) is not { } resource)
            return null;

        var name = segments.Length > 1 ? segments[1] : "";
        if (resource.Namespaced ? space.Length == 0 && name.Length > 0 : space.Length > 0)
            return null;
        if (segments.Length < 3)
            return new ResourceRoute(resource, space, name, null);
        var subresource = resource.FindSubresource(segments[2]) ?? throw ApiErrors.UnknownSubresource(resource, segments[2]);
        return new ResourceRoute(resource, space, name, subresource);
    }

    /// <summary>The Kubernetes verb of an HTTP method here; 405 when there is none.</summary>
    public string Verb(string method, QueryParameters query)
    {
        var watch = query.Flag("watch") && Subresource is null;
        var verb = (method, Name.Length > 0) switch
        {
            ("GET", _) when watch => "watch",
            ("GET", true) => "get",
            ("GET", false) => "list",
            ("POST", false) => "create",
            ("POST", true) when Subresource is not null => "create",
            ("PUT", true) => "update",
            ("PATCH", true) => "patch",
            ("DELETE", true) => "delete",
            ("DELETE", false) => "deletecollection",
            _ => throw ApiErrors.MethodNotAllowed(),
        };
        if (!(Subresource?.Verbs ?? Resource.Verbs).Contains(verb))
            throw ApiErrors.MethodNotAllowed();
        // What is written needs a namespace: POST /api/v1/pods does not exist, nor does deleting pods of all namespaces at once.
        if (Resource.Namespaced && Namespace.Length == 0 && verb is ("create" or "deletecollection"))
            throw ApiErrors.MethodNotAllowed();
        return verb;
    }
}
