using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using CloudPlane.Client;

namespace CloudPlane.Controllers;

/// <summary>Tells whether two pod templates are the same one, and names a template: what ties a ReplicaSet to a Deployment's revision.</summary>
internal static class TemplateIdentity
{
    /// <summary>The label that keeps the ReplicaSets of one Deployment apart.</summary>
    public const string HashLabel = "pod-template-hash";

    /// <summary>Equality but for the hash label, independent of the order in which a manifest lists its keys.</summary>
    public static bool Same(PodTemplateSpec? a, PodTemplateSpec? b) => Canonical(a).AsSpan().SequenceEqual(Canonical(b));

    /// <summary>The value of the hash label. <paramref name="collisionCount"/> makes another one when the first is taken.</summary>
    public static string Hash(PodTemplateSpec template, int? collisionCount)
    {
        var hash = SafeNames.Hash(Canonical(template));
        if (collisionCount is { } count)
        {
            hash = SafeNames.Hash(Encoding.ASCII.GetBytes(count.ToString(CultureInfo.InvariantCulture)), hash);
        }
        return SafeNames.Encode(hash);
    }

    private static byte[] Canonical(PodTemplateSpec? template)
    {
        if (template is null)
        {
            return [];
        }
        using var document = JsonDocument.Parse(ModelJson.ToBytes(template));
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            WriteSorted(document.RootElement, writer);
        }
        return buffer.WrittenSpan.ToArray();
    }

    private static void WriteSorted(JsonElement value, Utf8JsonWriter writer)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                writer.WriteStartObject();
                foreach (var property in value.EnumerateObject().Where(IsContent).OrderBy(property => property.Name, StringComparer.Ordinal))
                {
                    writer.WritePropertyName(property.Name);
                    WriteSorted(property.Value, writer);
                }
                writer.WriteEndObject();
                break;
            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (var item in value.EnumerateArray())
                {
                    WriteSorted(item, writer);
                }
                writer.WriteEndArray();
                break;
            default:
                value.WriteTo(writer);
                break;
        }
    }

    // A null (creationTimestamp: null is what older kubectl sends) or an empty map says as much as an absent one.
    private static bool IsContent(JsonProperty property) =>
        property.Name != HashLabel
        && property.Value.ValueKind != JsonValueKind.Null
        && !(property.Name is "labels" or "annotations" && !property.Value.EnumerateObject().Any(IsContent));
}
