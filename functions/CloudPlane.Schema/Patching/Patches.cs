using System.Text.Json.Nodes;

namespace CloudPlane.Schema;

/// <summary>RFC 6902, within the limits of the API server (10,000 operations).</summary>
public static class JsonPatch
{
    /// <summary>The patched document, a new one.</summary>
    /// <exception cref="PatchException">Malformed (400), or an operation that can't be applied (422).</exception>
    public static JsonNode? Apply(JsonNode document, ReadOnlySpan<byte> patch) => throw new NotImplementedException();
}

/// <summary>RFC 7396.</summary>
public static class JsonMergePatch
{
    /// <exception cref="PatchException">The patch is not a JSON object.</exception>
    public static JsonObject Apply(JsonObject document, ReadOnlySpan<byte> patch) => throw new NotImplementedException();
}

/// <summary>Kubernetes' strategic merge patch, directives included ($patch, $retainKeys, $setElementOrder, $deleteFromPrimitiveList).</summary>
public static class StrategicMergePatch
{
    /// <exception cref="PatchException">Malformed patch, or a list element without its merge key.</exception>
    public static JsonObject Apply(ObjectSchema schema, JsonObject document, ReadOnlySpan<byte> patch) => throw new NotImplementedException();
}

/// <summary>A patch that can't be applied; <paramref name="code"/> is the HTTP status (400 or 422).</summary>
public sealed class PatchException(int code, string message) : Exception(message)
{
    public int Code { get; } = code;
}
