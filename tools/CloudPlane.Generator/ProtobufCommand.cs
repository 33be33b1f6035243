using System.Text;
using System.Text.RegularExpressions;

namespace CloudPlane.Generator;

/// <summary>
/// The protobuf field numbers of the catalog's types, from the struct tags of Kubernetes' Go types: unlike the .proto files these also
/// tell a pointer (whose zero is a value) from a plain field (whose zero means absent), and which structs are embedded.
/// One line per type: <c>model 1=name 2?=pointer 3&gt;embedded.model</c>.
/// </summary>
public static partial class ProtobufCommand
{
    private static readonly (string Package, string[] Files)[] Sources =
    [
        ("io.k8s.api.core.v1", ["api/core/v1/types.go"]),
        ("io.k8s.api.apps.v1", ["api/apps/v1/types.go"]),
        ("io.k8s.api.autoscaling.v1", ["api/autoscaling/v1/types.go"]),
        ("io.k8s.api.coordination.v1", ["api/coordination/v1/types.go"]),
        ("io.k8s.api.discovery.v1", ["api/discovery/v1/types.go"]),
        ("io.k8s.api.policy.v1", ["api/policy/v1/types.go"]),
        ("io.k8s.apimachinery.pkg.apis.meta.v1", ["apimachinery/pkg/apis/meta/v1/types.go"]),
    ];

    /// <summary>Writes <c>Catalog/protobuf.txt</c> from a folder that holds checkouts of k8s.io/api and k8s.io/apimachinery.</summary>
    public static int Run(string goTypes, string root)
    {
        var catalog = Path.Combine(root, "functions", "CloudPlane.Schema", "Catalog");
        var known = File.ReadLines(Path.Combine(catalog, "types.json")).Where(line => line.StartsWith('"')).Select(line => line[1..line.IndexOf('"', 1)]).ToHashSet();
        var lines = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (package, files) in Sources)
        {
            foreach (var file in files)
                ReadTypes(package, File.ReadLines(Path.Combine(goTypes, file)), lines);
        }

        var wanted = Closure(known, lines);
        File.WriteAllText(Path.Combine(catalog, "protobuf.txt"), string.Concat(lines.Where(l => wanted.Contains(l.Key)).Select(l => $"{l.Key}{l.Value}\n")));
        return 0;
    }

    private static void ReadTypes(string package, IEnumerable<string> source, SortedDictionary<string, string> lines)
    {
        StringBuilder? fields = null;
        var name = "";
        foreach (var line in source)
        {
            if (StructStart().Match(line) is { Success: true } start)
                (name, fields) = (start.Groups[1].Value, new StringBuilder());
            else if (line == "}" && fields is not null)
            {
                lines[$"{package}.{name}"] = fields.ToString();
                fields = null;
            }
            else if (fields is not null && Field().Match(line) is { Success: true } field)
                Append(fields, package, field);
        }
    }

    private static void Append(StringBuilder fields, string package, Match field)
    {
        var (number, json) = (field.Groups["number"].Value, field.Groups["json"].Value);
        if (json.Length > 0)
            fields.Append($" {number}{(field.Groups["pointer"].Length > 0 ? "?" : "")}={json}");
        else
            fields.Append($" {number}>{package}.{field.Groups["name"].Value}");
    }

    // The catalog's types, and the structs that they embed.
    private static HashSet<string> Closure(HashSet<string> known, SortedDictionary<string, string> lines)
    {
        var wanted = new HashSet<string>();
        var open = new Stack<string>(known);
        while (open.TryPop(out var model))
        {
            if (!lines.TryGetValue(model, out var fields) || !wanted.Add(model))
                continue;
            foreach (var embedded in fields.Split(' ').Where(f => f.Contains('>')))
                open.Push(embedded[(embedded.IndexOf('>') + 1)..]);
        }

        return wanted;
    }

    [GeneratedRegex(@"^type (\w+) struct \{")]
    private static partial Regex StructStart();

    // Name *Type `json:"name,omitempty" ... protobuf:"varint,1,opt,name=name"`; an embedded struct has no type of its own.
    [GeneratedRegex(@"^\t(?<name>[\w.]+)(?: +(?<pointer>\*?)[\w.\[\]*{}]+)? +`json:""(?<json>\w*)[^""]*"".*protobuf:""\w+,(?<number>\d+),")]
    private static partial Regex Field();
}
