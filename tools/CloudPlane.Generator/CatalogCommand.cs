using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace CloudPlane.Generator;

/// <summary>
/// The catalog of the served kinds: the closure of their types, as Kubernetes 1.34 has them (whatever came later carries a
/// <c>since</c> and is dropped), one line per type and per resource.
/// </summary>
public static class CatalogCommand
{
    private const string Core = "io.k8s.api.core.v1.";
    private const string Meta = "io.k8s.apimachinery.pkg.apis.meta.v1.";

    private static readonly string[] Served =
    [
        "/bindings", "/configmaps", "/events", "/namespaces", "/nodes", "/pods", "/secrets", "/serviceaccounts", "/services",
        "apps/deployments", "apps/replicasets", "coordination.k8s.io/leases", "discovery.k8s.io/endpointslices",
    ];

    private static readonly string[] ServedSubresources =
    [
        "deployments/scale", "deployments/status", "namespaces/finalize", "namespaces/status", "nodes/status", "pods/binding",
        "pods/eviction", "pods/log", "pods/status", "replicasets/scale", "replicasets/status", "services/status",
    ];

    // Types that requests and answers use beside the served kinds themselves.
    private static readonly string[] ExtraRoots =
    [
        Core + "PodLogOptions", "io.k8s.api.policy.v1.Eviction", "io.k8s.api.autoscaling.v1.Scale",
        "io.k8s.api.apidiscovery.v2.APIGroupDiscoveryList",
        Meta + "APIGroup", Meta + "APIGroupList", Meta + "APIResourceList", Meta + "APIVersions", Meta + "Condition",
        Meta + "CreateOptions", Meta + "DeleteOptions", Meta + "GetOptions", Meta + "LabelSelector", Meta + "List", Meta + "ListMeta",
        Meta + "ListOptions", Meta + "PartialObjectMetadata", Meta + "PartialObjectMetadataList", Meta + "PatchOptions", Meta + "Status",
        Meta + "Table", Meta + "TableOptions", Meta + "UpdateOptions", Meta + "WatchEvent",
    ];

    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes both files to <paramref name="output"/> (by default where they are checked in); the process' exit code.</summary>
    public static int Run(string reference, string? output)
    {
        output ??= Path.Combine("functions", "CloudPlane.Schema", "Catalog");
        var (types, resources) = Generate(
            File.ReadAllText(Path.Combine(reference, "types.json")), File.ReadAllText(Path.Combine(reference, "resources.json")));
        File.WriteAllText(Path.Combine(output, "types.json"), types);
        File.WriteAllText(Path.Combine(output, "resources.json"), resources);
        return 0;
    }

    /// <summary>The two files' text from the reference's.</summary>
    public static (string Types, string Resources) Generate(string referenceTypes, string referenceResources)
    {
        var types = JsonNode.Parse(referenceTypes)!.AsObject();
        DropNewer(types);
        DropNewerEnumValues(types);
        var resources = JsonNode.Parse(referenceResources)!.AsArray().Select(r => r!.AsObject()).Where(IsServed).ToList();
        foreach (var resource in resources)
        {
            DropNewer(resource);
            DropUnservedSubresources(resource);
        }

        var closure = Closure(types, Roots(types, resources));
        return (Lines("{", closure.Select(name => $"{Quote(name)}:{types[name]!.ToJsonString(Plain)}"), "}"),
            Lines("[", resources.Select(r => r.ToJsonString(Plain)), "]"));
    }

    private static bool IsServed(JsonObject resource) =>
        (string?)resource["version"] == "v1" && Served.Contains($"{resource["group"]}/{resource["plural"]}");

    private static void DropUnservedSubresources(JsonObject resource)
    {
        var subresources = resource["subresources"]!.AsArray();
        for (var i = subresources.Count - 1; i >= 0; i--)
        {
            if (!ServedSubresources.Contains($"{resource["plural"]}/{subresources[i]!["name"]}"))
                subresources.RemoveAt(i);
        }
    }

    // Anything with a "since" came after 1.34 (the reference marks nothing older): a type, a field or a column.
    private static void DropNewer(JsonNode? node)
    {
        if (node is JsonArray array)
        {
            for (var i = array.Count - 1; i >= 0; i--)
            {
                if (IsNewer(array[i]))
                    array.RemoveAt(i);
                else
                    DropNewer(array[i]);
            }
        }
        else if (node is JsonObject o)
        {
            foreach (var name in o.Select(p => p.Key).ToList())
            {
                if (IsNewer(o[name]))
                    DropField(o, name);
                else
                    DropNewer(o[name]);
            }
        }
    }

    private static void DropField(JsonObject fields, string name)
    {
        fields.Remove(name);
        if (fields.Parent is JsonObject type && type["required"] is JsonArray required)
        {
            foreach (var entry in required.Where(r => (string?)r == name).ToList())
                required.Remove(entry);
        }
    }

    private static bool IsNewer(JsonNode? node) => node is JsonObject o && o["since"] is JsonValue v && v.GetValueKind() == JsonValueKind.String;

    // Enum values carry no marker of their own; the reference's README names the one that our types have.
    private static void DropNewerEnumValues(JsonObject types)
    {
        var operators = types[Core + "Toleration"]!["fields"]!["operator"]!["enum"]!.AsArray();
        foreach (var newer in operators.Where(v => (string?)v is "Gt" or "Lt").ToList())
            operators.Remove(newer);
    }

    private static IEnumerable<string> Roots(JsonObject types, List<JsonObject> resources)
    {
        foreach (var type in resources.Select(r => (string)r["type"]!))
        {
            yield return type;
            if (types.ContainsKey(type + "List"))
                yield return type + "List";
        }

        foreach (var root in ExtraRoots)
            yield return root;
    }

    private static SortedSet<string> Closure(JsonObject types, IEnumerable<string> roots)
    {
        var closure = new SortedSet<string>(StringComparer.Ordinal);
        var pending = new Stack<string>(roots);
        while (pending.TryPop(out var name))
        {
            if (!closure.Add(name))
                continue;
            var type = types[name] ?? throw new InvalidDataException($"types.json has no {name}");
            foreach (var reference in References(type))
                pending.Push(reference);
        }

        return closure;
    }

    private static IEnumerable<string> References(JsonNode? node) => node switch
    {
        JsonObject o when o["ref"] is JsonValue v && (string?)o["type"] == "ref" => [(string)v!],
        JsonObject o => o.SelectMany(p => References(p.Value)),
        JsonArray a => a.SelectMany(References),
        _ => [],
    };

    private static string Quote(string text) => JsonValue.Create(text).ToJsonString(Plain);

    private static string Lines(string open, IEnumerable<string> lines, string close) =>
        new StringBuilder().Append(open).Append('\n').AppendJoin(",\n", lines).Append('\n').Append(close).Append('\n').ToString();
}
