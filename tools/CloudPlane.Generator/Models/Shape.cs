using System.Text.Json;

namespace CloudPlane.Generator;

/// <summary>The shape of a field as types.json describes it.</summary>
internal sealed record Shape(string Type, string? Format, string? Ref, Shape? Inner)
{
    public static Shape From(JsonElement e) => new(
        e.GetProperty("type").GetString()!,
        e.TryGetProperty("format", out var f) ? f.GetString() : null,
        e.TryGetProperty("ref", out var r) ? r.GetString() : null,
        e.TryGetProperty("items", out var i) ? From(i) : e.TryGetProperty("values", out var v) ? From(v) : null);

    /// <summary>The types it refers to.</summary>
    public IEnumerable<string> Refs() => Ref is null ? Inner?.Refs() ?? [] : [Ref];

    /// <summary>False for free-form JSON and for the shapes that are one thing or another: they stay raw.</summary>
    public bool CanBeTyped => Type switch
    {
        "array" or "map" => Inner is not null && Inner.Type is not ("array" or "map") && Inner.CanBeTyped && (Type == "array" || Inner.IsText),
        "ref" => Format is null,
        "object" => false,
        "number" => false,
        _ => true,
    };

    /// <summary>Whether its C# type is string.</summary>
    public bool IsText => Type == "string" && Format is not ("date-time" or "date-time-micro" or "int-or-string");
}
