using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace CloudPlane.Schema;

/// <summary>
/// What two list elements are matched by, as text to hash: the merge key's value, or the element itself. Comparing every pair
/// instead would let one patch of 3 MB keep a processor busy for minutes.
/// </summary>
internal static class ElementKey
{
    /// <summary>The element's key; every element of a list with a merge key must have it.</summary>
    public static string Of(JsonNode? element, string? mergeKey)
    {
        if (mergeKey is null)
            return Text(element);
        if (element is JsonObject map && map.TryGetPropertyValue(mergeKey, out var value))
            return Text(value);
        throw PatchException.BadRequest($"map: {GoValue.Of(element)} does not contain declared merge key: {mergeKey}");
    }

    /// <summary>Each element's key to its first place.</summary>
    public static Dictionary<string, int> Index(IEnumerable<JsonNode?> elements, string? mergeKey)
    {
        var index = new Dictionary<string, int>(StringComparer.Ordinal);
        var place = 0;
        foreach (var element in elements)
            index.TryAdd(Of(element, mergeKey), place++);
        return index;
    }

    // A string never equals a number, and 80 equals 80.0.
    private static string Text(JsonNode? value) => value?.GetValueKind() switch
    {
        null => "null",
        JsonValueKind.String => $"\"{value.GetValue<string>()}",
        JsonValueKind.Number => Number(value.ToJsonString()),
        _ => value.ToJsonString(),
    };

    private static string Number(string text) => decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
        ? (number / 1.000000000000000000000000000000m).ToString(CultureInfo.InvariantCulture)
        : text;
}
