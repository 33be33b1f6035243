namespace CloudPlane.Client;

/// <summary>Paths of the API.</summary>
public static class ResourcePath
{
    /// <summary>The path of a collection; <paramref name="ns"/> null or "" is all namespaces.</summary>
    public static string Collection(ResourceInfo resource, string? ns)
    {
        var root = resource.Group.Length == 0 ? $"/api/{resource.Version}" : $"/apis/{resource.Group}/{resource.Version}";
        return resource.Namespaced && !string.IsNullOrEmpty(ns)
            ? $"{root}/namespaces/{Uri.EscapeDataString(ns)}/{resource.Plural}"
            : $"{root}/{resource.Plural}";
    }

    /// <summary>The path of an object or of one of its subresources.</summary>
    public static string Object(ResourceInfo resource, string? ns, string name, string? subresource = null)
    {
        if (string.IsNullOrEmpty(name)) throw new ArgumentException($"the name of the {resource.Kind} is empty", nameof(name));
        if (resource.Namespaced && string.IsNullOrEmpty(ns))
            throw new ArgumentException($"the namespace of {resource.Kind} {name} is empty", nameof(ns));
        var path = $"{Collection(resource, ns)}/{Uri.EscapeDataString(name)}";
        return subresource is null ? path : $"{path}/{subresource}";
    }
}
