using System.Text.Json;
using System.Text.Json.Nodes;

namespace CloudPlane.Schema;

/// <summary>
/// Reading a document whose shape is the schema's. A value of another kind reads as absent, and a number reads the same whether it was
/// parsed (JsonElement) or created (int, long, double): JsonNode itself converts only the former.
/// </summary>
public static class JsonNodes
{
    public static JsonObject? Object(this JsonNode? node, string name) => (node as JsonObject)?[name] as JsonObject;

    public static JsonArray? Array(this JsonNode? node, string name) => (node as JsonObject)?[name] as JsonArray;

    /// <summary>The objects of an array, with their indexes; elements of another kind are skipped.</summary>
    public static IEnumerable<(JsonObject Item, int Index)> Items(this JsonNode? node, string name)
    {
        if (node.Array(name) is not { } array)
            yield break;
        for (var i = 0; i < array.Count; i++)
        {
            if (array[i] is JsonObject item)
                yield return (item, i);
        }
    }

    /// <summary>The strings of an array.</summary>
    public static IEnumerable<string> Texts(this JsonNode? node, string name) =>
        node.Array(name)?.Select(e => e.AsText()).OfType<string>() ?? [];

    public static string? Text(this JsonNode? node, string name) => (node as JsonObject)?[name].AsText();

    public static long? Number(this JsonNode? node, string name) => (node as JsonObject)?[name].AsNumber();

    public static bool Flag(this JsonNode? node, string name) =>
        (node as JsonObject)?[name] is JsonValue v && v.GetValueKind() == JsonValueKind.True;

    public static bool Has(this JsonNode? node, string name) => node is JsonObject o && o[name] is not null;

    public static string? AsText(this JsonNode? node) => node is JsonValue v && v.TryGetValue(out string? text) ? text : null;

    public static long? AsNumber(this JsonNode? node)
    {
        if (node is not JsonValue v)
            return null;
        if (v.TryGetValue(out long number))
            return number;
        return v.TryGetValue(out int small) ? small : null;
    }
}
