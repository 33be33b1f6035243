using System.Text.Json.Nodes;

namespace CloudPlane.Schema;

/// <summary>Sets what Kubernetes' API server sets when a field is absent: serverDefault, serverDefaultWhen, and the few defaults that only code can say.</summary>
public static class Defaulter
{
    /// <summary>Idempotent: a second run changes nothing.</summary>
    public static void Default(ResourceType resource, JsonObject document)
    {
        document["apiVersion"] ??= resource.ApiVersion;
        document["kind"] ??= resource.Kind;
        Default(resource.Schema, document, resource.Kind);
    }

    // owner: the top-level kind, since a Pod's defaults differ from a template's in places.
    private static void Default(ObjectSchema schema, JsonObject value, string owner)
    {
        var plan = DefaultingPlan.Of(schema);
        foreach (var (name, fixedDefault) in plan.Fixed)
            value[name] ??= fixedDefault.DeepClone();
        foreach (var name in plan.AlwaysPresent)
            value[name] ??= new JsonObject();
        ConditionalDefaults.Apply(schema.ShortName, value, owner);
        foreach (var (name, field) in plan.Nested)
        {
            if (value[name] is { } child)
                DefaultChild(field, child, owner);
        }
    }

    private static void DefaultChild(FieldSchema field, JsonNode child, string owner)
    {
        switch (child)
        {
            case JsonObject o when field.Kind == FieldKind.Ref:
                Default(field.Ref!(), o, owner);
                break;
            case JsonObject map when field.Kind == FieldKind.Map:
                foreach (var (_, value) in map)
                    DefaultChild(field.Values!, value!, owner);
                break;
            case JsonArray array when field.Kind == FieldKind.Array:
                foreach (var item in array)
                    DefaultChild(field.Items!, item!, owner);
                break;
        }
    }
}
