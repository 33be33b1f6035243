using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Text;
using CloudPlane.Schema;

namespace CloudPlane.Api;

/// <summary>The documents about the API itself: discovery, OpenAPI, version, health. Each is built when first asked for.</summary>
internal sealed class DocumentEndpoints(Catalog catalog)
{
    private const string Json = "application/json";
    private const string ProtobufV2 = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";

    // Asked for by kubectl, without discovery, about each kind that it does not find: it says of a kind that does not exist either that
    // it does not only when it is told that nobody defined it.
    private static readonly byte[] NoDefinitions =
        "{\"kind\":\"CustomResourceDefinitionList\",\"apiVersion\":\"apiextensions.k8s.io/v1\",\"metadata\":{\"resourceVersion\":\"1\"},\"items\":[]}"u8.ToArray();

    private readonly ConcurrentDictionary<string, byte[]?> _built = new();
    private readonly Lazy<DiscoveryDocuments> _discovery = new(() => new DiscoveryDocuments(catalog));
    private readonly Lazy<OpenApiDocuments> _openApi = new(() => new OpenApiDocuments(catalog));

    /// <summary>Whether anybody may read it.</summary>
    public static bool IsOpen(string[] segments) => segments is ["healthz" or "livez" or "readyz", ..] or ["version"];

    /// <summary>The document of a path, or null when there is none.</summary>
    public EndpointDocument? Find(ApiRequest request, QueryParameters query, string[] segments)
    {
        var found = segments switch
        {
            ["healthz" or "livez" or "readyz", ..] => Health(segments, query),
            ["version"] => new(VersionDocument(), Json),
            ["openapi", "v2"] => OpenApiV2(request.Accept),
            ["api"] or ["apis"] => Roots(request.Accept, segments[0] == "api"),
            _ => Cached(segments) is { } bytes ? new EndpointDocument(bytes, Json) : null,
        };
        // Load balancers ask for health by HEAD.
        if (found is not null && request.Method != "GET" && !(request.Method == "HEAD" && IsOpen(segments)))
            throw ApiErrors.MethodNotAllowed();
        return found;
    }

    private EndpointDocument Roots(string accept, bool core)
    {
        foreach (var entry in accept.Split(','))
        {
            if (RequestBody.MediaType(entry) != Json)
                continue;
            var version = OutputForm.Parameter(entry, "v");
            if (OutputForm.Parameter(entry, "as") == "APIGroupDiscoveryList" && version is ("v2" or "v2beta1"))
            {
                return new(Build($"aggregated/{core}/{version}", () => _discovery.Value.Aggregated(core, version))!,
                    $"{Json};g=apidiscovery.k8s.io;v={version};as=APIGroupDiscoveryList");
            }

            break;
        }

        return new(Build(core ? "api" : "apis", core ? _discovery.Value.CoreVersions : _discovery.Value.Groups)!, Json);
    }

    private EndpointDocument OpenApiV2(string accept) => accept.Contains("protobuf", StringComparison.Ordinal)
        ? new(Build("v2pb", _openApi.Value.V2Protobuf)!, ProtobufV2)
        : new(Build("v2", _openApi.Value.V2Json)!, Json);

    private byte[]? Cached(string[] segments) => segments switch
    {
        ["api", "v1"] => Build("api/v1", () => _discovery.Value.Resources("", "v1")),
        ["apis", var group] when IsGroup(group) => Build($"apis/{group}", () => _discovery.Value.Group(group)),
        ["apis", var group, var version] when IsGroup(group, version) => Build($"apis/{group}/{version}", () => _discovery.Value.Resources(group, version)),
        ["apis", "apiextensions.k8s.io", "v1", "customresourcedefinitions"] => NoDefinitions,
        ["openapi", "v3"] => Build("v3", _openApi.Value.V3Index),
        ["openapi", "v3", "api", "v1"] => Build("v3/api/v1", () => _openApi.Value.V3("", "v1")),
        ["openapi", "v3", "apis", var group, var version] when IsGroup(group, version) =>
            Build($"v3/{group}/{version}", () => _openApi.Value.V3(group, version)),
        _ => null,
    };

    // Only known groups become keys of the cache: its size is not the caller's to choose.
    private bool IsGroup(string group, string? version = null) =>
        catalog.Resources.Any(r => r.Group.Length > 0 && r.Group == group && (version is null || r.Version == version));

    private byte[]? Build(string key, Func<byte[]?> build) => _built.GetOrAdd(key, static (_, b) => b(), build);

    private static EndpointDocument? Health(string[] segments, QueryParameters query)
    {
        if (segments.Length > 2 || segments is [_, not "ping"])
            return null;
        var text = query["verbose"] is not null ? $"[+]ping ok\n{segments[0]} check passed\n" : "ok";
        return new(Encoding.ASCII.GetBytes(text), "text/plain; charset=utf-8");
    }

    private static byte[] VersionDocument()
    {
        var architecture = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? "arm64" : "amd64";
        return Encoding.ASCII.GetBytes(
            "{\"major\":\"1\",\"minor\":\"34\",\"gitVersion\":\"v1.34.0+cloudplane\",\"gitCommit\":\"\",\"gitTreeState\":\"clean\",\"buildDate\":\"2025-08-27T00:00:00Z\","
            + $"\"goVersion\":\"\",\"compiler\":\"dotnet\",\"platform\":\"linux/{architecture}\"}}");
    }
}

/// <summary>A document that is ready.</summary>
internal sealed record EndpointDocument(byte[] Bytes, string ContentType);
