using System.Text.Json;

namespace CloudPlane.Generator;

/// <summary>One record to write.</summary>
internal sealed record ModelType(string Name, string? ApiVersion, string? Kind, string? Group, string? Version, IReadOnlyList<ModelField> Fields)
{
    /// <summary>The last segment of the model name.</summary>
    public string ShortName => Last(Name);

    public static string Last(string name) => name[(name.LastIndexOf('.') + 1)..];

    public static ModelType From(string name, JsonElement e)
    {
        // DeleteOptions is registered in every group; the bare v1 one is what every server takes.
        var gvk = e.TryGetProperty("gvk", out var kinds)
            ? kinds.EnumerateArray().MinBy(k => k.GetProperty("group").GetString(), StringComparer.Ordinal)
            : (JsonElement?)null;
        var group = gvk?.GetProperty("group").GetString();
        var version = gvk?.GetProperty("version").GetString();
        var fields = e.GetProperty("fields").EnumerateObject()
            .Where(f => gvk is null || f.Name is not ("apiVersion" or "kind"))
            .Select(f => ModelField.From(name, f.Name, Shape.From(f.Value)))
            .Where(f => ModelSelection.Includes(name, f.JsonName, f.Shape))
            .OrderBy(f => f.JsonName == "metadata" ? 0 : 1).ToArray();
        var apiVersion = group is { Length: > 0 } ? $"{group}/{version}" : version;
        return new ModelType(name, apiVersion, gvk?.GetProperty("kind").GetString(), group, version, fields);
    }
}

/// <summary>One property of a record.</summary>
internal sealed record ModelField(string JsonName, string PropertyName, Shape Shape)
{
    public static ModelField From(string type, string jsonName, Shape shape)
    {
        var property = ModelSelection.Renames.GetValueOrDefault((type, jsonName)) ?? char.ToUpperInvariant(jsonName[0]) + jsonName[1..];
        return property == ModelType.Last(type) ? throw new InvalidOperationException($"{type}.{jsonName} needs a rename") : new(jsonName, property, shape);
    }

    /// <summary>Metadata is never null, so that programs need not ask.</summary>
    public bool IsMetadata => JsonName == "metadata" && Shape.Ref is { } r && ModelType.Last(r) == "ObjectMeta";
}
