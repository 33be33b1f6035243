using System.Text.Json;
using System.Text.Json.Nodes;

namespace CloudPlane.Schema;

/// <summary>A patch's bytes as a document. Unlike JsonNode.Parse it survives duplicate keys: the last wins, as in Go.</summary>
public static class PatchBody
{
    internal const string GoMap = "map[string]interface {}";
    private const int MaxDepth = 256;

    /// <summary>What strict field validation reports of the patch itself: <c>duplicate field "spec.replicas"</c>. Empty when it is no JSON.</summary>
    public static IReadOnlyList<string> DuplicateFields(ReadOnlySpan<byte> patch)
    {
        var duplicates = new List<string>();
        try
        {
            Parse(patch, duplicates);
        }
        catch (PatchException)
        {
            return [];
        }

        return duplicates;
    }

    internal static JsonNode? Parse(ReadOnlySpan<byte> patch, List<string>? duplicates = null)
    {
        try
        {
            var reader = new Utf8JsonReader(patch, new JsonReaderOptions { MaxDepth = MaxDepth });
            reader.Read();
            var value = Read(ref reader, "", duplicates);
            reader.Read();
            return value;
        }
        catch (JsonException)
        {
            throw PatchException.BadRequest(GoJsonSyntax.Describe(patch));
        }
        catch (InvalidOperationException)
        {
            throw PatchException.BadRequest("a string of the patch is not valid Unicode");
        }
    }

    /// <summary>Go's complaint about a value that can't become a variable of that type.</summary>
    internal static PatchException Mismatch(JsonNode? value, string goType)
    {
        var found = value?.GetValueKind() switch
        {
            null => "null",
            JsonValueKind.True or JsonValueKind.False => "bool",
            { } kind => kind.ToString().ToLowerInvariant(),
        };
        return PatchException.BadRequest($"json: cannot unmarshal {found} into Go value of type {goType}");
    }

    private static JsonNode? Read(ref Utf8JsonReader reader, string path, List<string>? duplicates) => reader.TokenType switch
    {
        JsonTokenType.StartObject => ReadObject(ref reader, path, duplicates),
        JsonTokenType.StartArray => ReadArray(ref reader, path, duplicates),
        JsonTokenType.String => JsonValue.Create(reader.GetString()),
        JsonTokenType.True => JsonValue.Create(true),
        JsonTokenType.False => JsonValue.Create(false),
        JsonTokenType.Null => null,
        _ => JsonValue.Create(JsonElement.ParseValue(ref reader)),
    };

    private static JsonObject ReadObject(ref Utf8JsonReader reader, string path, List<string>? duplicates)
    {
        var result = new JsonObject();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            var child = path.Length == 0 ? name : $"{path}.{name}";
            reader.Read();
            if (result.ContainsKey(name))
                duplicates?.Add($"duplicate field \"{child}\"");
            result[name] = Read(ref reader, child, duplicates);
        }

        return result;
    }

    private static JsonArray ReadArray(ref Utf8JsonReader reader, string path, List<string>? duplicates)
    {
        var result = new JsonArray();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            result.Add(Read(ref reader, $"{path}[{result.Count}]", duplicates));
        return result;
    }
}
