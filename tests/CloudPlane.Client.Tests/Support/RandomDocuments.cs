using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using CloudPlane.Generator;

namespace CloudPlane.Client.Tests;

/// <summary>Documents of a type, as the catalog allows them, with fields that no type knows thrown in.</summary>
internal sealed class RandomDocuments(int seed)
{
    private static readonly JsonDocument Catalog = JsonDocument.Parse(
        File.ReadAllBytes(Path.Combine(RepositoryRoot.Find(AppContext.BaseDirectory), ModelsCommand.CatalogFile)));

    private readonly Random _random = new(seed);

    public JsonObject Of(string type, int depth = 0)
    {
        var schema = Catalog.RootElement.GetProperty(type);
        var document = new JsonObject();
        var gvk = schema.TryGetProperty("gvk", out var g) ? g[0] : (JsonElement?)null;
        foreach (var field in schema.GetProperty("fields").EnumerateObject())
        {
            if (gvk is not null && field.Name is "apiVersion" or "kind") continue;
            if (_random.NextDouble() < (depth == 0 ? 0.9 : 0.5)) document[field.Name] = Value(field.Value, depth);
        }
        if (_random.Next(3) == 0) document["x" + Text()] = Anything(0);
        return document;
    }

    private JsonNode? Value(JsonElement shape, int depth) => shape.GetProperty("type").GetString() switch
    {
        "ref" => depth > 6 ? new JsonObject() : Of(shape.GetProperty("ref").GetString()!, depth + 1),
        "array" => new JsonArray([.. Enumerable.Range(0, _random.Next(3)).Select(_ => Value(shape.GetProperty("items"), depth + 1))]),
        "map" => new JsonObject(Enumerable.Range(0, _random.Next(3)).Select(i => KeyValuePair.Create(Text() + i, Value(shape.GetProperty("values"), depth + 1)))),
        "boolean" => _random.Next(2) == 0,
        "integer" => shape.GetProperty("format").GetString() == "int64" ? _random.NextInt64() - (long.MaxValue / 2) : _random.Next(int.MinValue, int.MaxValue),
        "number" => _random.NextDouble(),
        "object" => Anything(0),
        _ => String(shape.TryGetProperty("format", out var format) ? format.GetString() : null),
    };

    private JsonNode String(string? format) => format switch
    {
        "date-time" => Time().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
        "date-time-micro" => Time().AddMicroseconds(_random.Next(1_000_000)).ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture),
        "int-or-string" when _random.Next(2) == 0 => _random.Next(),
        "quantity" => _random.Next(1000).ToString(CultureInfo.InvariantCulture) + "Mi",
        _ => Text(),
    };

    private JsonNode? Anything(int depth) => _random.Next(depth > 3 ? 5 : 7) switch
    {
        0 => null,
        1 => _random.NextInt64(),
        2 => _random.NextDouble() * 1e20,
        3 => _random.Next(2) == 0,
        4 => Text(),
        5 => new JsonArray([.. Enumerable.Range(0, _random.Next(4)).Select(_ => Anything(depth + 1))]),
        _ => new JsonObject(Enumerable.Range(0, _random.Next(4)).Select(i => KeyValuePair.Create(Text() + i, Anything(depth + 1)))),
    };

    private DateTime Time() => DateTime.UnixEpoch.AddSeconds(_random.Next());

    // Quotes, escapes, control characters, two-, three- and four-byte characters.
    private string Text() => string.Concat(Enumerable.Range(0, _random.Next(1, 8)).Select(_ => _random.Next(12) switch
    {
        0 => "\"",
        1 => "\\",
        2 => "\n",
        3 => "é",
        4 => "漢",
        5 => "😀",
        6 => "<&>'+",
        _ => ((char)_random.Next('a', 'z' + 1)).ToString(),
    }));
}
