using System.Text.Json.Nodes;

namespace CloudPlane.Schema;

/// <summary>$setElementOrder/field: merges the field's patch list, if any, and puts the list into the given order.</summary>
internal static class OrderedLists
{
    private const string BadFormat = "invalid patch format of setElementOrder list";

    /// <summary>Takes the directives and the lists they speak of out of the patch.</summary>
    public static void Merge(JsonObject original, JsonObject patch, PatchShape shape)
    {
        foreach (var key in patch.Select(p => p.Key).Where(k => k.StartsWith(Directives.SetElementOrder, StringComparison.Ordinal)).ToList())
        {
            var order = patch[key] as JsonArray ?? throw PatchException.BadRequest(BadFormat);
            var name = Directives.FieldOf(key, Directives.SetElementOrder, BadFormat);
            patch.Remove(key);
            // An explicit null deletes the list, whatever its order.
            if (patch.TryGetPropertyValue(name, out var value) && value is null)
                continue;
            MergeOne(original, name, List(original[name]), List(value), order, shape.Field(name));
            patch.Remove(name);
        }
    }

    private static void MergeOne(JsonObject original, string name, JsonArray? live, JsonArray? items, JsonArray order, FieldSchema? field)
    {
        if (live is null && items is null)
            return;
        var mergeKey = field?.PatchMergeKey;
        CheckOrder(items, order, mergeKey);

        var merged = (live, items) switch
        {
            (null, not null) => (JsonArray)Directives.Strip(items, out _)!,
            (not null, null) => live,
            _ => StrategicList.Merge(live!, items!, field),
        };
        StrategicList.HoldsMaps(merged);
        original[name] = ElementOrder.Arrange(merged, order, live ?? [], mergeKey);
    }

    /// <summary>The items of the patch must appear in the order list, in the same sequence.</summary>
    private static void CheckOrder(JsonArray? items, JsonArray order, string? mergeKey)
    {
        var next = 0;
        foreach (var item in items ?? [])
        {
            if (item is JsonObject map && Directives.Of(map) is not null)
                continue;
            var key = ElementKey.Of(item, mergeKey);
            while (next < order.Count && ElementKey.Of(order[next], mergeKey) != key)
                next++;
            if (next++ >= order.Count)
                throw PatchException.BadRequest(
                    $"The order in patch list:\n{GoValue.Of(items)}\n doesn't match $setElementOrder list:\n{GoValue.Of(order)}\n");
        }
    }

    private static JsonArray? List(JsonNode? value) => value switch
    {
        null => null,
        JsonArray list => list,
        _ => throw PatchException.BadRequest($"expected a []interface {{}}, but received a {GoValue.Of(value)}"),
    };
}
