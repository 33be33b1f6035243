using System.Text.Json.Nodes;

namespace CloudPlane.Schema;

/// <summary>The closed sets of values that the catalog knows, wherever they occur in a document's spec.</summary>
internal static class EnumValidation
{
    /// <summary>Everything but status, which Kubernetes takes as its writers say it.</summary>
    public static void Validate(ResourceType resource, JsonObject document, FieldErrors errors)
    {
        foreach (var (name, field) in Plan(resource.Schema))
        {
            if (name is not "status" && document[name] is { } value)
                Check(field, value, FieldPath.Root(name), errors);
        }
    }

    private static void Check(FieldSchema field, JsonNode value, FieldPath path, FieldErrors errors)
    {
        switch (field.Kind)
        {
            case FieldKind.String when field.Enum.Count > 0 && value.AsText() is { } text && !field.Enum.Contains(text):
                errors.NotSupported(path, text, field.Enum.Where(v => v.Length > 0));
                break;
            case FieldKind.Array when value is JsonArray array:
                for (var i = 0; i < array.Count; i++)
                {
                    if (array[i] is { } item)
                        Check(field.Items!, item, path.Index(i), errors);
                }

                break;
            case FieldKind.Map when value is JsonObject map:
                foreach (var (key, item) in map)
                    Check(field.Values!, item!, path.Key(key), errors);
                break;
            case FieldKind.Ref when value is JsonObject o:
                foreach (var (name, child) in Plan(field.Ref!()))
                {
                    if (o[name] is { } item)
                        Check(child, item, path.Child(name), errors);
                }

                break;
        }
    }

    // Once per type: the fields with an enum in them or below. Two threads that both work it out do no harm.
    private static IReadOnlyList<(string Name, FieldSchema Field)> Plan(ObjectSchema schema) =>
        schema.EnumFields ??= [.. schema.Fields.Where(f => HasEnum(f.Value)).Select(f => (f.Key, f.Value))];

    private static bool HasEnum(FieldSchema field) => field.Kind switch
    {
        FieldKind.String => field.Enum.Count > 0,
        FieldKind.Array => HasEnum(field.Items!),
        FieldKind.Map => HasEnum(field.Values!),
        FieldKind.Ref => Plan(field.Ref!()).Count > 0,
        _ => false,
    };
}
