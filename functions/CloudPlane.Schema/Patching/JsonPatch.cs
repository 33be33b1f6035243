using System.Text.Json;
using System.Text.Json.Nodes;

namespace CloudPlane.Schema;

/// <summary>RFC 6902, within the limits of the API server (10,000 operations, 3 MiB copied).</summary>
public static class JsonPatch
{
    private const int MaxOperations = 10_000;

    /// <summary>The patched document, a new one. Negative array indices count from the end, as in the API server's library.</summary>
    /// <exception cref="PatchException">Malformed (400), too many operations (413), or an operation that can't be applied (422).</exception>
    public static JsonNode? Apply(JsonNode document, ReadOnlySpan<byte> patch)
    {
        var body = PatchBody.Parse(patch);
        var operations = body as JsonArray ?? throw PatchBody.Mismatch(body, "jsonpatch.Patch");
        if (operations.Count > MaxOperations)
            throw new PatchException(413, $"The allowed maximum operations in a JSON patch is {MaxOperations}, got {operations.Count}");

        var target = new PatchTarget(document.DeepClone());
        foreach (var operation in operations)
            Apply(target, operation as JsonObject ?? throw PatchBody.Mismatch(operation, "jsonpatch.Operation"));

        return target.Root;
    }

    private static void Apply(PatchTarget target, JsonObject operation)
    {
        var kind = Text(operation, "op") ?? "unknown";
        switch (kind)
        {
            case "add":
                target.Add(Path(operation, kind), Value(operation), kind);
                break;
            case "remove":
                target.Remove(Path(operation, kind), kind);
                break;
            case "replace":
                target.Replace(Path(operation, kind), Value(operation));
                break;
            case "test":
                target.Test(Path(operation, kind), Value(operation));
                break;
            case "move":
                target.Move(From(operation, kind), Path(operation, kind));
                break;
            case "copy":
                target.Copy(From(operation, kind), Path(operation, kind));
                break;
            default:
                throw PatchException.Unprocessable($"Unexpected kind: {kind}");
        }
    }

    private static string Path(JsonObject operation, string kind) =>
        Text(operation, "path") ?? throw PatchException.Unprocessable($"{kind} operation failed to decode path: missing value");

    private static string From(JsonObject operation, string kind) =>
        Text(operation, "from") ?? throw PatchException.Unprocessable($"{kind} operation failed to decode from: missing value");

    private static JsonNode? Value(JsonObject operation) => operation["value"]?.DeepClone();

    private static string? Text(JsonObject operation, string name) =>
        operation[name] is JsonValue value && value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : null;
}
