using System.Text.Json;
using System.Text.Json.Nodes;

namespace CloudPlane.Schema;

/// <summary>How Go's decoder names types and values in its errors, and what it puts where a list or map has a null.</summary>
internal static class GoTypes
{
    /// <summary>"v1.PodSpec" for io.k8s.api.core.v1.PodSpec.</summary>
    public static string Name(string modelName)
    {
        var type = modelName.LastIndexOf('.');
        return modelName[(modelName.LastIndexOf('.', type - 1) + 1)..];
    }

    /// <summary>The Go type of a field, as far as the catalog knows it (it has no names of string types).</summary>
    public static string Name(FieldSchema field) => field.Kind switch
    {
        FieldKind.Ref => Name(field.RefName!),
        FieldKind.Array => "[]" + Name(field.Items!),
        FieldKind.Map when field.Values!.Format == "quantity" => "v1.ResourceList",
        FieldKind.Map => "map[string]" + Name(field.Values!),
        FieldKind.Boolean => "bool",
        FieldKind.Integer => field.Format ?? "int64",
        FieldKind.Number => "float64",
        FieldKind.String when field.Format == "byte" => "[]uint8",
        FieldKind.String when field.Format == "quantity" => "resource.Quantity",
        FieldKind.String when field.Format == "int-or-string" => "intstr.IntOrString",
        FieldKind.String when field.Format == "date-time" => "v1.Time",
        FieldKind.String when field.Format == "date-time-micro" => "v1.MicroTime",
        _ => "string",
    };

    /// <summary>The current token as UnmarshalTypeError.Value has it.</summary>
    public static string Describe(ref Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.StartObject => "object",
        JsonTokenType.StartArray => "array",
        JsonTokenType.String => "string",
        JsonTokenType.True or JsonTokenType.False => "bool",
        _ => "number",
    };

    /// <summary>What a null becomes as a list's item or a map's value; null where Go has nothing but nil.</summary>
    public static JsonNode? Zero(FieldSchema field) => field.Kind switch
    {
        FieldKind.Ref => new JsonObject(),
        FieldKind.String when field.Format is "quantity" => JsonValue.Create("0"),
        FieldKind.String when field.Format is "int-or-string" => JsonValue.Create(0),
        FieldKind.String when field.Format is "date-time" or "date-time-micro" => null,
        FieldKind.String => JsonValue.Create(""),
        FieldKind.Integer => JsonValue.Create(0L),
        FieldKind.Number => JsonValue.Create(0.0),
        FieldKind.Boolean => JsonValue.Create(false),
        _ => null,
    };
}
