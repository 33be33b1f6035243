using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Unicode;

namespace CloudPlane.Schema;

/// <summary>JSON bytes to a document that conforms to a schema, with the errors that Go's strict decoder gives.</summary>
public static class ObjectDecoder
{
    /// <summary>
    /// How deep a document may nest: what JsonDocument reads by default, so that every later reader of the stored bytes can. Kubernetes'
    /// own types need about 20 levels.
    /// </summary>
    public const int MaxDepth = 64;

    /// <summary>
    /// Decodes and prunes: fields that the schema does not know are dropped and named in <see cref="DecodeResult.StrictErrors"/>,
    /// as are duplicate ones (the last wins). Field names match case-sensitively. Never throws on content.
    /// </summary>
    public static DecodeResult Decode(ObjectSchema schema, ReadOnlySpan<byte> json)
    {
        // Go reads invalid UTF-8 as U+FFFD instead of refusing it.
        if (!Utf8.IsValid(json))
            json = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(json));
        var pass = new DecodePass();
        try
        {
            var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = MaxDepth });
            reader.Read();
            var root = pass.Root(ref reader, schema);
            // Finds what follows the value, too.
            reader.Read();
            return new DecodeResult(pass.Error is null ? root : null, pass.Error, pass.StrictErrors);
        }
        catch (JsonException)
        {
            return new DecodeResult(null, GoJsonSyntax.Describe(json), []);
        }
    }

    /// <summary>The same for a document that is already parsed (a patched one); it is not modified.</summary>
    public static DecodeResult Decode(ObjectSchema schema, JsonNode? document)
    {
        var buffer = new ArrayBufferWriter<byte>();
        try
        {
            using var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { MaxDepth = MaxDepth });
            if (document is null)
                writer.WriteNullValue();
            else
                document.WriteTo(writer);
        }
        catch (InvalidOperationException)
        {
            // The writer's only complaint about a JsonNode: it nests deeper than MaxDepth.
            return new DecodeResult(null, "exceeded max depth", []);
        }

        return Decode(schema, buffer.WrittenSpan);
    }
}

/// <summary>
/// <paramref name="Object"/> is null exactly when <paramref name="Error"/> says what is malformed or of the wrong type, in the words of
/// the API server (e.g. <c>json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32</c>).
/// <paramref name="StrictErrors"/>: e.g. <c>unknown field "spec.foo"</c>, <c>duplicate field "spec.replicas"</c>.
/// </summary>
public sealed record DecodeResult(JsonObject? Object, string? Error, IReadOnlyList<string> StrictErrors);
