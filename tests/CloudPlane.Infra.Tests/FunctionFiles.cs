using System.Text.Json.Nodes;

namespace CloudPlane.Infra.Tests;

/// <summary>What the Functions host reads.</summary>
internal static class FunctionFiles
{
    /// <summary>The trigger of each function.</summary>
    public static IReadOnlyList<JsonObject> Triggers { get; } = [.. Directory
        .GetFiles(Path.Combine(Repository.Root, "functions/CloudPlane.Functions/Triggers"), "function.json", SearchOption.AllDirectories)
        .SelectMany(file => JsonNode.Parse(File.ReadAllText(file))!["bindings"]!.AsArray())
        .Select(binding => binding!.AsObject())
        .Where(binding => ((string)binding["type"]!).EndsWith("Trigger", StringComparison.Ordinal))];

    /// <summary>host.json.</summary>
    public static JsonObject Host { get; } = JsonNode.Parse(Repository.Read("host.json"))!.AsObject();
}
