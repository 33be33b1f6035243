using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace CloudPlane.Doubles;

/// <summary>Reads members of a JSON document, collecting what is wrong with them instead of stopping at the first.</summary>
internal sealed class JsonMembers(JsonObject json, string where, List<string> faults)
{
    public static JsonMembers? Read(string path, string where, List<string> faults)
    {
        try
        {
            if (JsonNode.Parse(File.ReadAllBytes(path)) is JsonObject json)
                return new JsonMembers(json, where, faults);
            faults.Add($"{where}: not a JSON object");
        }
        catch (Exception e) when (e is IOException or JsonException or UnauthorizedAccessException)
        {
            faults.Add($"{where}: {e.Message}");
        }

        return null;
    }

    public bool Has(string name) => json.ContainsKey(name);

    public void Fault(string message) => faults.Add($"{where}: {message}");

    /// <summary>The host ignores names that it does not know; here they are a fault, so that a typing error shows.</summary>
    public void RefuseOthers(params ReadOnlySpan<string> known)
    {
        foreach (var (name, _) in json)
        {
            if (!known.Contains(name))
                Fault($"{name} is not known");
        }
    }

    public JsonMembers? Object(string name) => Node(name) switch
    {
        null => null,
        JsonObject o => new JsonMembers(o, $"{where}: {name}", faults),
        _ => Wrong<JsonMembers>(name, "an object"),
    };

    public IEnumerable<JsonMembers> Objects(string name)
    {
        if (Node(name) is not JsonArray array)
            return Wrong<IEnumerable<JsonMembers>>(name, "an array") ?? [];
        return array.Select((node, i) => node is JsonObject o ? new JsonMembers(o, $"{where}: {name}[{i}]", faults) : Wrong<JsonMembers>($"{name}[{i}]", "an object"))
            .OfType<JsonMembers>();
    }

    public string? Text(string name) => Node(name) switch
    {
        null => null,
        JsonValue v when v.TryGetValue(out string? text) => text,
        _ => Wrong<string>(name, "a string"),
    };

    public string Required(string name)
    {
        if (Text(name) is { Length: > 0 } text)
            return text;
        Fault($"{name} is missing");
        return "";
    }

    public IReadOnlyList<string>? Texts(string name)
    {
        if (Node(name) is not { } node)
            return null;
        if (node is JsonArray array && array.All(item => item is JsonValue v && v.TryGetValue(out string? _)))
            return [.. array.Select(item => (string)item!)];
        return Wrong<IReadOnlyList<string>>(name, "an array of strings");
    }

    public bool? Flag(string name) => Node(name) switch
    {
        null => null,
        JsonValue v when v.TryGetValue(out bool flag) => flag,
        _ => Wrong<bool?>(name, "true or false"),
    };

    public int Number(string name, int otherwise)
    {
        if (Node(name) is not { } node)
            return otherwise;
        if (node is JsonValue v && v.TryGetValue(out int number) && number > 0)
            return number;
        Fault($"{name} must be a number above 0");
        return otherwise;
    }

    /// <summary>In the form "hh:mm:ss".</summary>
    public TimeSpan Duration(string name, TimeSpan otherwise)
    {
        if (Text(name) is not { } text)
            return otherwise;
        if (TimeSpan.TryParseExact(text, "c", CultureInfo.InvariantCulture, out var span) && span > TimeSpan.Zero)
            return span;
        Fault($"{name} must be a time above 0 in the form hh:mm:ss");
        return otherwise;
    }

    private JsonNode? Node(string name) => json.TryGetPropertyValue(name, out var node) ? node : null;

    private T? Wrong<T>(string name, string expected)
    {
        Fault($"{name} must be {expected}");
        return default;
    }
}
