using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace CloudPlane.Schema.Tests;

/// <summary>A request's way through the schema engine, as the API goes it.</summary>
internal static class Fixture
{
    public static readonly Catalog Catalog = Catalog.LoadBuiltIn();

    public static ResourceType Resource(string kind) => Catalog.Resources.Single(r => r.Kind == kind);

    public static DecodeResult Decode(string kind, string json) => ObjectDecoder.Decode(Resource(kind).Schema, Encoding.UTF8.GetBytes(json));

    public static DecodeResult DecodeYaml(string kind, string yaml) =>
        ObjectDecoder.Decode(Resource(kind).Schema, YamlToJson.Convert(Encoding.UTF8.GetBytes(yaml)));

    /// <summary>Decoded without a fault, and defaulted.</summary>
    public static JsonObject Load(string kind, string yaml)
    {
        var decoded = DecodeYaml(kind, yaml);
        Assert.Null(decoded.Error);
        Assert.Empty(decoded.StrictErrors);
        Defaulter.Default(Resource(kind), decoded.Object!);
        return decoded.Object!;
    }

    /// <summary>Prepared for a create in the namespace default, where the kind has namespaces.</summary>
    public static JsonObject Create(string kind, string yaml)
    {
        var document = Load(kind, yaml);
        if (Resource(kind).Namespaced && document["metadata"] is JsonObject metadata)
            metadata["namespace"] ??= "default";
        KindRules.PrepareForCreate(Resource(kind), document);
        return document;
    }

    /// <summary>The faults of a create, one per line.</summary>
    public static string Faults(string kind, string yaml) => Text(KindRules.ValidateCreate(Resource(kind), Create(kind, yaml)));

    /// <summary>The faults of an update of what <paramref name="yaml"/> creates.</summary>
    public static string UpdateFaults(string kind, string yaml, Action<JsonObject> change, string? subresource = null)
    {
        var stored = Create(kind, yaml);
        var document = stored.DeepClone().AsObject();
        change(document);
        KindRules.PrepareForUpdate(Resource(kind), subresource, document, stored);
        return Text(KindRules.ValidateUpdate(Resource(kind), subresource, document, stored));
    }

    public static void AssertJson(string expected, JsonNode? actual) => Assert.True(
        JsonNode.DeepEquals(JsonNode.Parse(expected), actual), $"expected {expected}\nactual   {actual?.ToJsonString(Plain)}");

    public static string Text(IEnumerable<FieldError> errors) => string.Join('\n', errors.Select(e => $"{e.Path}: {e.Message}"));

    private static readonly JsonSerializerOptions Plain = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
}
