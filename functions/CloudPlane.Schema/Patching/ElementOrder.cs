using System.Text.Json.Nodes;

namespace CloudPlane.Schema;

/// <summary>
/// The order of a merged list: items that the patch names stand in the patch's order, the server's others keep theirs and
/// are interleaved by their place in the live list (preserve-order-in-strategic-merge-patch of the API machinery).
/// </summary>
internal static class ElementOrder
{
    public static JsonArray Arrange(IList<JsonNode?> merged, IList<JsonNode?> patchOrder, IList<JsonNode?> serverOrder, string? mergeKey)
    {
        var patchItems = merged.Where(m => IndexOf(patchOrder, m, mergeKey) >= 0).OrderBy(m => IndexOf(patchOrder, m, mergeKey)).ToList();
        var serverItems = merged.Where(m => IndexOf(patchOrder, m, mergeKey) < 0).OrderBy(m => IndexOf(serverOrder, m, mergeKey)).ToList();
        return ToArray(Interleave(serverItems, patchItems, serverOrder, mergeKey));
    }

    /// <summary>The place of the element that equals the item, or has the same merge key; -1 when there is none.</summary>
    public static int IndexOf(IList<JsonNode?> list, JsonNode? item, string? mergeKey)
    {
        var wanted = mergeKey is null ? item : StrategicList.MergeKey(item, mergeKey);
        for (var i = 0; i < list.Count; i++)
        {
            if (JsonNode.DeepEquals(mergeKey is null ? list[i] : StrategicList.MergeKey(list[i], mergeKey), wanted))
                return i;
        }

        return -1;
    }

    public static JsonArray ToArray(IEnumerable<JsonNode?> items) => [.. items.Select(i => i?.DeepClone())];

    // A server item goes before the patch item that comes after it in the live list; otherwise patch items go first.
    private static IEnumerable<JsonNode?> Interleave(List<JsonNode?> server, List<JsonNode?> patch, IList<JsonNode?> live, string? mergeKey)
    {
        int i = 0, j = 0;
        while (i < server.Count && j < patch.Count)
        {
            var left = IndexOf(live, server[i], mergeKey);
            var right = IndexOf(live, patch[j], mergeKey);
            yield return left >= 0 && right >= 0 && left < right ? server[i++] : patch[j++];
        }

        foreach (var item in server.Skip(i).Concat(patch.Skip(j)))
            yield return item;
    }
}
