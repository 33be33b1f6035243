using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace CloudPlane.Api;

/// <summary>Short reads of documents; a missing or wrongly typed field reads as absent.</summary>
internal static class JsonFields
{
    /// <summary>The metadata, made when missing.</summary>
    public static JsonObject Metadata(this JsonObject document) => document.Child("metadata");

    /// <summary>The member object, made when missing.</summary>
    public static JsonObject Child(this JsonObject document, string name)
    {
        if (document[name] is JsonObject child)
            return child;
        child = [];
        document[name] = child;
        return child;
    }

    public static JsonObject? Object(this JsonObject? document, string name) => document?[name] as JsonObject;

    public static IEnumerable<JsonObject> Objects(this JsonObject? document, string name) =>
        (document?[name] as JsonArray)?.OfType<JsonObject>() ?? [];

    public static IEnumerable<string> Texts(this JsonObject? document, string name) =>
        (document?[name] as JsonArray)?.Where(n => n?.GetValueKind() == JsonValueKind.String).Select(n => n!.GetValue<string>()) ?? [];

    /// <summary>The text, "" when absent.</summary>
    public static string Text(this JsonObject? document, string name) =>
        document?[name] is { } node && node.GetValueKind() == JsonValueKind.String ? node.GetValue<string>() : "";

    public static long? Number(this JsonObject? document, string name) =>
        document?[name] is JsonValue node && node.GetValueKind() == JsonValueKind.Number
        && decimal.TryParse(node.ToJsonString(), NumberStyles.Float, CultureInfo.InvariantCulture, out var value)
        && value is >= long.MinValue and <= long.MaxValue
            ? (long)value
            : null;

    public static bool? Flag(this JsonObject? document, string name) => document?[name]?.GetValueKind() switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => null,
    };

    /// <summary>metav1.Time: RFC 3339 in whole seconds.</summary>
    public static string Timestamp(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    public static DateTimeOffset? Time(this JsonObject? document, string name) =>
        DateTimeOffset.TryParse(document.Text(name), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : null;
}
