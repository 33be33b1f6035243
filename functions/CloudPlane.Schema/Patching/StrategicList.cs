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

    private static JsonArray MergePrimitives(JsonArray original, JsonArray patch) =>
        ElementOrder.Arrange(original.Concat(patch).DistinctBy(item => ElementKey.Of(item, null), StringComparer.Ordinal), patch, original, null);

    private static JsonArray MergeMaps(JsonArray original, JsonArray patch, FieldSchema field)
    {
        var key = field.PatchMergeKey
            ?? throw PatchException.BadRequest($"cannot merge lists without merge key for {field.Items?.RefName ?? "list"}");
        var merged = original.Select(item => (JsonObject)item!.DeepClone()).ToList();
        var items = ApplyDirectives(ref merged, patch, key);
        var server = merged.ToList();
        var index = ElementKey.Index(merged, key);
        foreach (var item in items)
            MergeItem(merged, index, item, key, PatchShape.Of(field));
        return ElementOrder.Arrange(merged, items, server, key);
    }

    /// <summary>Items with $patch delete entries of <paramref name="merged"/> or replace all of it; returns the items without a directive.</summary>
    private static List<JsonObject> ApplyDirectives(ref List<JsonObject> merged, JsonArray patch, string key)
    {
        var plain = new List<JsonObject>();
        var gone = new HashSet<string>(StringComparer.Ordinal);
        var replace = false;
        foreach (var item in patch.Cast<JsonObject>())
        {
            switch (Directives.Of(item))
            {
                case null:
                    plain.Add(item);
                    break;
                case "delete":
                    gone.Add(ElementKey.Of(item, key));
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

        if (gone.Count > 0)
            merged.RemoveAll(m => gone.Contains(ElementKey.Of(m, key)));
        if (!replace)
            return plain;
        merged = [.. plain.Select(p => (JsonObject)Directives.Strip(p, out _)!)];
        return [];
    }

    private static void MergeItem(List<JsonObject> merged, Dictionary<string, int> index, JsonObject item, string key, PatchShape shape)
    {
        if (index.TryGetValue(ElementKey.Of(item, key), out var place))
        {
            merged[place] = StrategicMap.Merge(merged[place], (JsonObject)item.DeepClone(), shape);
            return;
        }

        index.Add(ElementKey.Of(item, key), merged.Count);
        merged.Add((JsonObject)Directives.Strip(item, out _)!);
    }
}
