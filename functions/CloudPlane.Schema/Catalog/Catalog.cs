namespace CloudPlane.Schema;

/// <summary>The served kinds and their types. Immutable; types are materialized when first asked for (cold start).</summary>
public sealed class Catalog
{
    /// <summary>The built-in kinds, from the compiled-in catalog.</summary>
    public static Catalog LoadBuiltIn() => throw new NotImplementedException();

    /// <summary>Every served resource, in the order that discovery shows.</summary>
    public IReadOnlyList<ResourceType> Resources => throw new NotImplementedException();

    /// <summary>The resource by its path segment ("" group for core), or null.</summary>
    public ResourceType? Find(string group, string version, string plural) => throw new NotImplementedException();

    /// <summary>The resource by kind, or null.</summary>
    public ResourceType? FindKind(string group, string version, string kind) => throw new NotImplementedException();

    /// <summary>A type by its model name, e.g. "io.k8s.api.core.v1.Pod". Unknown names throw: the catalog is closed.</summary>
    public ObjectSchema Type(string modelName) => throw new NotImplementedException();
}
