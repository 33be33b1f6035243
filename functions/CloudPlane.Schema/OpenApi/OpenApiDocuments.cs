using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace CloudPlane.Schema;

/// <summary>OpenAPI derived from the catalog, each document built when first asked for.</summary>
public sealed class OpenApiDocuments(Catalog catalog)
{
    internal const string Version = "v1.34.0";
    private readonly ConcurrentDictionary<(string Group, string Version), byte[]> _v3 = new();
    private readonly Lazy<ApiPaths> _paths = new(() => new ApiPaths(catalog));
    private readonly Lazy<Descriptions> _descriptions = new(Descriptions.Load);

    /// <summary>/openapi/v3: the index, each path with its serverRelativeURL and content hash.</summary>
    public byte[] V3Index() => JsonBytes.Write(json =>
    {
        json.WriteStartObject("paths");
        foreach (var (group, version) in GroupVersions)
        {
            var path = group.Length == 0 ? $"api/{version}" : $"apis/{group}/{version}";
            json.WriteStartObject(path);
            json.WriteString("serverRelativeURL", $"/openapi/v3/{path}?hash={Convert.ToHexString(SHA512.HashData(V3(group, version)!))}");
            json.WriteEndObject();
        }

        json.WriteEndObject();
    });

    /// <summary>/openapi/v3/api/v1 or /openapi/v3/apis/apps/v1, or null when there is no such group version.</summary>
    public byte[]? V3(string group, string version) => !GroupVersions.Contains((group, version)) ? null : _v3.GetOrAdd((group, version), key =>
        JsonBytes.Write(json => new OpenApiV3(json, Schemas(json, v3: true)).Write([.. _paths.Value.Of(key.Group, key.Version)])));

    /// <summary>/openapi/v2 as JSON.</summary>
    public byte[] V2Json() => JsonBytes.Write(json =>
        new OpenApiV2(json, Schemas(json, v3: false)).Write([.. GroupVersions.SelectMany(g => _paths.Value.Of(g.Group, g.Version))]));

    /// <summary>/openapi/v2 as gnostic's protobuf (application/com.github.proto-openapi.spec.v2.v1.0+protobuf), which kubectl asks for.</summary>
    public byte[] V2Protobuf() => GnosticDocument.Encode(V2Json());

    /// <summary>The models that the operations name, and the one that watches stream.</summary>
    internal static IEnumerable<string> ModelsOf(IEnumerable<ApiPath> paths) =>
        paths.SelectMany(p => p.Operations).SelectMany(o => (string?[])[o.Body, o.Response]).OfType<string>().Append(OpenApiModels.WatchEvent);

    internal static IEnumerable<(string Status, string Text)> SuccessCodes(ApiOperation operation) => operation.Action switch
    {
        "post" => [("200", "OK"), ("201", "Created"), ("202", "Accepted")],
        "put" or "patch" => [("200", "OK"), ("201", "Created")],
        "delete" => [("200", "OK"), ("202", "Accepted")],
        _ => [("200", "OK")],
    };

    private IEnumerable<(string Group, string Version)> GroupVersions => catalog.Resources.Select(r => (r.Group, r.Version)).Distinct();

    private SchemaWriter Schemas(System.Text.Json.Utf8JsonWriter json, bool v3) => new(json, catalog, _descriptions.Value, v3);
}
