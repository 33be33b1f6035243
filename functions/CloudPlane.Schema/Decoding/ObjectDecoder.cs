using System.Text.Json.Nodes;

namespace CloudPlane.Schema;

/// <summary>JSON bytes to a document that conforms to a schema, with the errors that Go's strict decoder gives.</summary>
public static class ObjectDecoder
{
    /// <summary>
    /// Decodes and prunes: fields that the schema does not know are dropped and named in <see cref="DecodeResult.StrictErrors"/>,
    /// as are duplicate ones (the last wins). Field names match case-sensitively. Never throws on content.
    /// </summary>
    public static DecodeResult Decode(ObjectSchema schema, ReadOnlySpan<byte> json) => throw new NotImplementedException();

    /// <summary>The same for a document that is already parsed (a patched one); it is not modified.</summary>
    public static DecodeResult Decode(ObjectSchema schema, JsonNode? document) => throw new NotImplementedException();
}

/// <summary>
/// <paramref name="Object"/> is null exactly when <paramref name="Error"/> says what is malformed or of the wrong type, in the words of
/// the API server (e.g. <c>json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32</c>).
/// <paramref name="StrictErrors"/>: e.g. <c>unknown field "spec.foo"</c>, <c>duplicate field "spec.replicas"</c>.
/// </summary>
public sealed record DecodeResult(JsonObject? Object, string? Error, IReadOnlyList<string> StrictErrors);
