using System.Text.Json.Nodes;

namespace CloudPlane.Schema;

/// <summary>
/// The order of a merged list: items that the patch names stand in the patch's order, the server's others keep theirs and
/// are interleaved by their place in the live list (preserve-order-in-strategic-merge-patch of the API machinery).
/// </summary>
internal static class ElementOrder
{
    public static JsonArray Arrange(
        IEnumerable<JsonNode?> merged, IEnumerable<JsonNode?> patchOrder, IEnumerable<JsonNode?> serverOrder, string? mergeKey)
    {
        var wanted = ElementKey.Index(patchOrder, mergeKey);
        var live = ElementKey.Index(serverOrder, mergeKey);
        var items = merged.Select(m => new Item(m, Place(wanted, m, mergeKey), Place(live, m, mergeKey))).ToList();
        var patch = items.Where(i => i.Wanted >= 0).OrderBy(i => i.Wanted).ToList();
        var server = items.Where(i => i.Wanted < 0).OrderBy(i => i.Live).ToList();
        return ToArray(Interleave(server, patch));
    }

    public static JsonArray ToArray(IEnumerable<JsonNode?> items) => [.. items.Select(i => i?.DeepClone())];

    private static int Place(Dictionary<string, int> index, JsonNode? item, string? mergeKey) =>
        index.TryGetValue(ElementKey.Of(item, mergeKey), out var place) ? place : -1;

    // A server item goes before the patch item that comes after it in the live list; otherwise patch items go first.
    private static IEnumerable<JsonNode?> Interleave(List<Item> server, List<Item> patch)
    {
        int i = 0, j = 0;
        while (i < server.Count && j < patch.Count)
            yield return server[i].Live >= 0 && server[i].Live < patch[j].Live ? server[i++].Node : patch[j++].Node;
        foreach (var item in server.Skip(i).Concat(patch.Skip(j)))
            yield return item.Node;
    }

    /// <summary>An element with its place in the patch's order and in the live list; -1 for none.</summary>
    private readonly record struct Item(JsonNode? Node, int Wanted, int Live);
}
