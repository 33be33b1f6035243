using System.Globalization;
using System.Text.Json;

namespace CloudPlane.Schema;

/// <summary>Reads a path of an object; whatever is absent or of another type reads as empty, as a Go struct's zero value would.</summary>
internal static class ElementReading
{
    public static JsonElement At(this JsonElement element, params ReadOnlySpan<string> path)
    {
        foreach (var step in path)
        {
            if (element.ValueKind != JsonValueKind.Object || !element.TryGetProperty(step, out element))
                return default;
        }

        return element;
    }

    public static bool Has(this JsonElement element, params ReadOnlySpan<string> path) =>
        element.At(path).ValueKind is not (JsonValueKind.Undefined or JsonValueKind.Null);

    public static string Text(this JsonElement element, params ReadOnlySpan<string> path) =>
        element.At(path) is { ValueKind: JsonValueKind.String } text ? text.GetString()! : "";

    public static long Integer(this JsonElement element, params ReadOnlySpan<string> path) =>
        element.At(path) is { ValueKind: JsonValueKind.Number } number && number.TryGetInt64(out var value) ? value : 0;

    public static bool IsTrue(this JsonElement element, params ReadOnlySpan<string> path) => element.At(path).ValueKind == JsonValueKind.True;

    public static DateTimeOffset? Time(this JsonElement element, params ReadOnlySpan<string> path) =>
        DateTimeOffset.TryParse(element.Text(path), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : null;

    public static IReadOnlyList<JsonElement> Items(this JsonElement element, params ReadOnlySpan<string> path) =>
        element.At(path) is { ValueKind: JsonValueKind.Array } array ? [.. array.EnumerateArray()] : [];

    public static IEnumerable<JsonProperty> Entries(this JsonElement element, params ReadOnlySpan<string> path) =>
        element.At(path) is { ValueKind: JsonValueKind.Object } map ? [.. map.EnumerateObject()] : [];

    /// <summary>How many entries a map or a list has.</summary>
    public static int Count(this JsonElement element, string name) => element.At(name) switch
    {
        { ValueKind: JsonValueKind.Object } map => map.GetPropertyCount(),
        { ValueKind: JsonValueKind.Array } list => list.GetArrayLength(),
        _ => 0,
    };

    /// <summary>The condition of that type has status True.</summary>
    public static bool IsConditionTrue(this JsonElement document, string type) =>
        document.Items("status", "conditions").Any(c => c.Text("type") == type && c.Text("status") == "True");
}
