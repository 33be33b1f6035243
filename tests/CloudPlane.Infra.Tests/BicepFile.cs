using System.Text.Json.Nodes;

namespace CloudPlane.Infra.Tests;

/// <summary>One Bicep file.</summary>
internal sealed class BicepFile(JsonObject described)
{
    /// <summary>Where the grammar does not go on, as LINE:COLUMN: TEXT.</summary>
    public IReadOnlyList<string> Errors { get; } = Texts(described["errors"]!);

    public IReadOnlyDictionary<string, BicepParameter> Parameters { get; } = Map(described["params"]!, declared => new BicepParameter(
        (string)declared["type"]!, declared["decorations"]!.AsObject(), declared["default"]));

    public IReadOnlyDictionary<string, JsonNode> Variables { get; } = Map(described["vars"]!, value => value);

    public IReadOnlyDictionary<string, BicepResource> Resources { get; } = Map(described["resources"]!, declared => new BicepResource(
        (string)declared["type"]!, declared["body"]!.AsObject()));

    public IReadOnlyDictionary<string, BicepModule> Modules { get; } = Map(described["modules"]!, declared => new BicepModule(
        (string)declared["path"]!, declared["body"]!["params"]!.AsObject()));

    public IReadOnlyDictionary<string, BicepOutput> Outputs { get; } = Map(described["outputs"]!, declared => new BicepOutput(
        declared["decorations"]!.AsObject(), declared["value"]!));

    /// <summary>Every use of a name that is no function's or property's.</summary>
    public IReadOnlyList<string> Names { get; } = Texts(described["names"]!);

    /// <summary>Every call of a function, decorators included.</summary>
    public IReadOnlyList<string> Calls { get; } = Texts(described["calls"]!);

    /// <summary>The one resource of a type, whatever its version.</summary>
    public BicepResource Resource(string type) => Resources.Values.Single(resource => resource.Kind == type);

    private static List<string> Texts(JsonNode array) => [.. array.AsArray().Select(item => (string)item!)];

    private static Dictionary<string, T> Map<T>(JsonNode members, Func<JsonNode, T> read) =>
        members.AsObject().ToDictionary(member => member.Key, member => read(member.Value!));
}

/// <summary>A parameter; its decorations by name, each with its first argument.</summary>
internal sealed record BicepParameter(string Type, JsonObject Decorations, JsonNode? Default);

/// <summary>A resource, of a TYPE@VERSION.</summary>
internal sealed record BicepResource(string Type, JsonObject Body)
{
    public string Kind => Type[..Type.IndexOf('@', StringComparison.Ordinal)];

    public JsonObject Properties => Body["properties"]!.AsObject();
}

/// <summary>A module, with what is passed to its parameters.</summary>
internal sealed record BicepModule(string Path, JsonObject Arguments);

/// <summary>An output.</summary>
internal sealed record BicepOutput(JsonObject Decorations, JsonNode Value);

/// <summary>Values of Bicep: literals as they are, {"text"} with parts to fill in, {"code"} for all else.</summary>
internal static class BicepValue
{
    /// <summary>The value as it would be written in a text: a literal, or the source of what is no literal.</summary>
    public static string Source(JsonNode value) => value is JsonObject expression
        ? (string)(expression["text"] ?? expression["code"])!
        : value.ToString();

    /// <summary>The value when names have these values; null when it is more than a name or a text with names.</summary>
    public static string? Evaluate(JsonNode value, IReadOnlyDictionary<string, string> names) => value switch
    {
        JsonObject expression when expression["code"] is { } name => names.GetValueOrDefault((string)name!),
        JsonObject expression => names.Aggregate((string)expression["text"]!, (text, name) => text.Replace($"${{{name.Key}}}", name.Value)),
        _ => value.ToString(),
    };
}
