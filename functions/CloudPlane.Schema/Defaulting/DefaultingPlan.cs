using System.Text.Json;
using System.Text.Json.Nodes;

namespace CloudPlane.Schema;

/// <summary>What defaulting has to do at a type: worked out once per type, so that a document's walk skips what has no defaults.</summary>
internal sealed class DefaultingPlan
{
    // Structs that Go's encoder always writes (no pointer, so omitempty never omits them).
    private static readonly Dictionary<string, string[]> AlwaysPresentFields = new(StringComparer.Ordinal)
    {
        ["Container"] = ["resources"],
        ["EphemeralContainer"] = ["resources"],
        ["Pod"] = ["spec", "status"],
        ["PodTemplateSpec"] = ["metadata", "spec"],
        ["Deployment"] = ["spec", "status"],
        ["DeploymentSpec"] = ["strategy", "template"],
        ["ReplicaSet"] = ["spec", "status"],
        ["ReplicaSetSpec"] = ["template"],
        ["Service"] = ["spec", "status"],
        ["ServiceStatus"] = ["loadBalancer"],
        ["Namespace"] = ["spec", "status"],
        ["Node"] = ["spec", "status"],
        ["Lease"] = ["spec"],
        ["Event"] = ["involvedObject", "source"],
        ["Endpoint"] = ["conditions"],
        ["ContainerStatus"] = ["state", "lastState"],
        ["Scale"] = ["spec", "status"],
    };

    private DefaultingPlan(ObjectSchema schema)
    {
        Fixed = [.. schema.Fields.Select(f => (f.Key, FixedDefault(f.Value)!)).Where(f => f.Item2 is not null)];
        AlwaysPresent = AlwaysPresentFields.GetValueOrDefault(schema.ShortName, []);
        Nested = [.. schema.Fields.Where(f => MayChange(f.Value)).Select(f => (f.Key, f.Value))];
        IsIdle = Fixed.Count == 0 && AlwaysPresent.Count == 0 && Nested.Count == 0 && !ConditionalDefaults.Concern(schema);
    }

    public IReadOnlyList<(string Name, JsonNode Default)> Fixed { get; }

    public IReadOnlyList<string> AlwaysPresent { get; }

    /// <summary>Fields whose values may need defaults themselves.</summary>
    public IReadOnlyList<(string Name, FieldSchema Field)> Nested { get; }

    private bool IsIdle { get; }

    // The plan depends on nothing but the schema, so two threads that both make it do no harm.
    public static DefaultingPlan Of(ObjectSchema schema) => schema.Defaulting ??= new DefaultingPlan(schema);

    private static bool MayChange(FieldSchema field) => field.Kind switch
    {
        FieldKind.Ref => !Of(field.Ref!()).IsIdle,
        FieldKind.Array => MayChange(field.Items!),
        FieldKind.Map => MayChange(field.Values!),
        _ => false,
    };

    // A declared default of "", 0 or false is Go's zero value, which is written as absent.
    private static JsonNode? FixedDefault(FieldSchema field) => field.ServerDefault ?? (IsZero(field.Default) ? null : field.Default);

    private static bool IsZero(JsonNode? node) => node?.GetValueKind() switch
    {
        JsonValueKind.String => node.AsText() is "",
        JsonValueKind.Number => node.ToJsonString() == "0",
        JsonValueKind.False or null => true,
        _ => false,
    };
}
