namespace CloudPlane.Schema;

/// <summary>OpenAPI derived from the catalog, each document built when first asked for.</summary>
public sealed class OpenApiDocuments(Catalog catalog)
{
    /// <summary>/openapi/v3: the index, each path with its serverRelativeURL and content hash.</summary>
    public byte[] V3Index() => throw new NotImplementedException();

    /// <summary>/openapi/v3/api/v1 or /openapi/v3/apis/apps/v1, or null when there is no such group version.</summary>
    public byte[]? V3(string group, string version) => throw new NotImplementedException();

    /// <summary>/openapi/v2 as JSON.</summary>
    public byte[] V2Json() => throw new NotImplementedException();

    /// <summary>/openapi/v2 as gnostic's protobuf (application/com.github.proto-openapi.spec.v2.v1.0+protobuf), which kubectl asks for.</summary>
    public byte[] V2Protobuf() => throw new NotImplementedException();

    internal Catalog Catalog { get; } = catalog;
}
