using System.Text.Json.Nodes;

namespace CloudPlane.Schema;

/// <summary>Merges a patch object into an object. The original and the patch are consumed.</summary>
internal static class StrategicMap
{
    public static JsonObject Merge(JsonObject original, JsonObject patch, PatchShape shape)
    {
        if (Directives.Of(patch) is { } directive)
            return ReplaceOrDelete(directive, patch);

        RetainKeys(original, patch);
        OrderedLists.Merge(original, patch, shape);
        foreach (var (key, value) in patch)
        {
            if (key.StartsWith(Directives.DeleteFromPrimitiveList, StringComparison.Ordinal))
                DeleteFromList(original, key, value);
            else
                MergeField(original, key, value, shape.Field(key));
        }

        return original;
    }

    private static JsonObject ReplaceOrDelete(string directive, JsonObject patch)
    {
        if (directive == "delete")
            return [];
        if (directive != "replace")
            throw Directives.Unknown(directive, patch);
        patch.Remove(Directives.Patch);
        return (JsonObject)Directives.Strip(patch, out _)!;
    }

    private static void MergeField(JsonObject original, string key, JsonNode? value, FieldSchema? field)
    {
        if (value is null)
            original.Remove(key);
        else if (original[key] is JsonObject map && value is JsonObject patch)
            original[key] = PatchShape.Replaces(field) ? Directives.Strip(patch, out _) : Merge(Detach(original, key, map), patch, PatchShape.Of(field));
        else if (original[key] is JsonArray list && value is JsonArray items)
            original[key] = StrategicList.Merge(list, items, field);
        else if (Directives.Strip(value, out var keep) is var stripped && keep)
            original[key] = stripped;
    }

    private static void DeleteFromList(JsonObject original, string key, JsonNode? value)
    {
        var field = Directives.FieldOf(key, Directives.DeleteFromPrimitiveList, "invalid patch format of primitive list");
        if (value is null)
            return;
        if (value is not JsonArray gone)
            throw PatchException.BadRequest("invalid patch format of primitive list");
        if (original[field] is not JsonArray list)
            return;
        var keys = ElementKey.Index(gone, null);
        original[field] = ElementOrder.ToArray(list.Where(item => !keys.ContainsKey(ElementKey.Of(item, null))));
    }

    private static void RetainKeys(JsonObject original, JsonObject patch)
    {
        if (!patch.TryGetPropertyValue(Directives.RetainKeys, out var directive))
            return;
        patch.Remove(Directives.RetainKeys);
        if (directive is not JsonArray list)
            throw PatchException.BadRequest("invalid patch format of retainKeys");

        var retained = list.Select(GoValue.Of).ToHashSet(StringComparer.Ordinal);
        if (patch.Any(p => p.Value is not null && !Directives.IsParallelList(p.Key) && !retained.Contains(p.Key)))
            throw PatchException.BadRequest("invalid patch format of retainKeys");
        foreach (var key in original.Select(p => p.Key).Where(k => !retained.Contains(k)).ToList())
            original.Remove(key);
    }

    // A node has one parent; the merged one is put back under the same key, which keeps its place in the object.
    private static JsonObject Detach(JsonObject parent, string key, JsonObject map)
    {
        parent[key] = null;
        return map;
    }
}
