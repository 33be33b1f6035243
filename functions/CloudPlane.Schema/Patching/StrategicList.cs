using System.Text.Json;
using System.Text.Json.Nodes;

namespace CloudPlane.Schema;

/// <summary>Merges a patch list into a list by the field's strategy and merge key; returns a new list.</summary>
internal static class StrategicList
{
    public static JsonArray Merge(JsonArray original, JsonArray patch, FieldSchema? field)
    {
        if (!PatchShape.Merges(field))
            return (JsonArray)Directives.Strip(patch, out _)!;
        if (original.Count == 0 && patch.Count == 0)
            return [];
        if (!HoldsMaps(original.Concat(patch)))
            return MergePrimitives(original, patch);
        return MergeMaps(original, patch, field!);
    }

    /// <summary>All elements must be of one kind, as Kubernetes demands before it merges lists.</summary>
    public static bool HoldsMaps(IEnumerable<JsonNode?> elements)
    {
        bool? maps = null;
        foreach (var element in elements)
        {
            if (element is JsonArray)
                throw PatchException.Unprocessable("lists of lists are not supported");
            if (maps is { } known && known != element is JsonObject)
                throw PatchException.BadRequest("list element types are not identical");
            maps = element is JsonObject;
        }

        return maps ?? false;
    }

    private static JsonArray MergePrimitives(JsonArray original, JsonArray patch)
    {
        var merged = new List<JsonNode?>();
        foreach (var item in original.Concat(patch))
        {
            if (ElementOrder.IndexOf(merged, item, null) < 0)
                merged.Add(item);
        }

        return ElementOrder.Arrange(merged, patch, original, null);
    }

    private static JsonArray MergeMaps(JsonArray original, JsonArray patch, FieldSchema field)
    {
        var key = field.PatchMergeKey
            ?? throw PatchException.BadRequest($"cannot merge lists without merge key for {field.Items?.RefName ?? "list"}");
        var merged = original.Select(item => (JsonObject)item!.DeepClone()).ToList();
        var order = ApplyDirectives(ref merged, patch, key);
        var server = merged.ToList<JsonNode?>();
        foreach (var item in order.Cast<JsonObject>())
            MergeItem(merged, item, key, PatchShape.Of(field));
        return ElementOrder.Arrange(merged.ToList<JsonNode?>(), order, server, key);
    }

    /// <summary>Items with $patch delete entries of <paramref name="merged"/> or replace all of it; returns the items without a directive.</summary>
    private static List<JsonNode?> ApplyDirectives(ref List<JsonObject> merged, JsonArray patch, string key)
    {
        var plain = new List<JsonNode?>();
        var replace = false;
        foreach (var item in patch.Cast<JsonObject>())
        {
            switch (Directives.Of(item))
            {
                case null:
                    plain.Add(item);
                    break;
                case "delete":
                    var gone = MergeKey(item, key);
                    merged.RemoveAll(m => JsonNode.DeepEquals(m[key], gone));
                    break;
                case "replace":
                    replace = true;
                    break;
                case "merge":
                    throw PatchException.BadRequest("merging lists cannot yet be specified in the patch");
                case var unknown:
                    throw Directives.Unknown(unknown, item);
            }
        }

        if (!replace)
            return plain;
        merged = [.. plain.Select(p => (JsonObject)Directives.Strip(p, out _)!)];
        return [];
    }

    private static void MergeItem(List<JsonObject> merged, JsonObject item, string key, PatchShape shape)
    {
        var value = MergeKey(item, key);
        var index = merged.FindIndex(m => m.ContainsKey(key) && JsonNode.DeepEquals(m[key], value));
        if (index >= 0)
            merged[index] = StrategicMap.Merge(merged[index], (JsonObject)item.DeepClone(), shape);
        else
            merged.Add((JsonObject)Directives.Strip(item, out _)!);
    }

    /// <summary>The value of the merge key, which every element must have.</summary>
    public static JsonNode? MergeKey(JsonNode? item, string key)
    {
        if (item is JsonObject map && map.TryGetPropertyValue(key, out var value))
            return value;
        throw PatchException.BadRequest($"map: {GoValue.Of(item)} does not contain declared merge key: {key}");
    }
}
