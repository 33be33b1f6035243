namespace CloudPlane.Schema;

/// <summary>Discovery derived from the catalog: APIVersions, APIGroupList, APIGroup, APIResourceList, and the aggregated v2 and v2beta1 forms.</summary>
public sealed class DiscoveryDocuments(Catalog catalog)
{
    /// <summary>/api.</summary>
    public byte[] CoreVersions() => throw new NotImplementedException();

    /// <summary>/apis.</summary>
    public byte[] Groups() => throw new NotImplementedException();

    /// <summary>/apis/{group}, or null.</summary>
    public byte[]? Group(string group) => throw new NotImplementedException();

    /// <summary>/api/v1 ("" group) or /apis/{group}/{version}, or null.</summary>
    public byte[]? Resources(string group, string version) => throw new NotImplementedException();

    /// <summary>apidiscovery.k8s.io APIGroupDiscoveryList of /api (core) or /apis, version "v2" or "v2beta1".</summary>
    public byte[] Aggregated(bool core, string version) => throw new NotImplementedException();

    internal Catalog Catalog { get; } = catalog;
}
