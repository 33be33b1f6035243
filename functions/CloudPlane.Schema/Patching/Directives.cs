using System.Text.Json;
using System.Text.Json.Nodes;

namespace CloudPlane.Schema;

/// <summary>The keys of a strategic merge patch that are no fields.</summary>
internal static class Directives
{
    public const string Patch = "$patch";
    public const string RetainKeys = "$retainKeys";
    public const string SetElementOrder = "$setElementOrder/";
    public const string DeleteFromPrimitiveList = "$deleteFromPrimitiveList/";

    public static bool IsParallelList(string key) =>
        key.StartsWith(SetElementOrder, StringComparison.Ordinal) || key.StartsWith(DeleteFromPrimitiveList, StringComparison.Ordinal);

    /// <summary>The field that a <c>$prefix/field</c> key speaks of.</summary>
    public static string FieldOf(string key, string prefix, string error)
    {
        var field = key[prefix.Length..];
        return field.Length > 0 && !field.Contains('/') ? field : throw PatchException.BadRequest(error);
    }

    /// <summary>The value of $patch, or null when there is none.</summary>
    public static string? Of(JsonObject patch)
    {
        if (!patch.TryGetPropertyValue(Patch, out var directive))
            return null;
        return directive?.GetValueKind() == JsonValueKind.String ? directive.GetValue<string>() : GoValue.Of(directive);
    }

    public static PatchException Unknown(string directive, JsonObject map) =>
        PatchException.Unprocessable($"unknown patch type: {directive} in map: {GoValue.Of(map)}");

    /// <summary>
    /// A patch value that meets nothing to merge with, as it is stored: without directives and, in objects, without nulls.
    /// <paramref name="keep"/> is false for what the patch deletes.
    /// </summary>
    public static JsonNode? Strip(JsonNode? value, out bool keep)
    {
        keep = true;
        switch (value)
        {
            case JsonObject map:
                var directive = Of(map);
                keep = directive is null || (directive == "replace" && map.Count > 1);
                return keep ? StripMap(map) : null;
            case JsonArray list:
                return StripList(list);
            default:
                return value?.DeepClone();
        }
    }

    private static JsonObject StripMap(JsonObject map)
    {
        var result = new JsonObject();
        foreach (var (key, value) in map)
        {
            if (value is null || key is Patch or RetainKeys || IsParallelList(key))
                continue;
            var stripped = Strip(value, out var keep);
            if (keep)
                result[key] = stripped;
        }

        return result;
    }

    private static JsonArray StripList(JsonArray list)
    {
        var result = new JsonArray();
        foreach (var item in list)
        {
            var stripped = Strip(item, out var keep);
            if (keep)
                result.Add(stripped);
        }

        return result;
    }
}
