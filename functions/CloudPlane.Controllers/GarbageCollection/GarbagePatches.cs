using System.Buffers;
using System.Text.Json;
using CloudPlane.Client;

namespace CloudPlane.Controllers;

/// <summary>Merge patches on metadata. They replace whole lists, so each carries the resourceVersion that the lists were read at.</summary>
internal static class GarbagePatches
{
    public static ReadOnlyMemory<byte> OwnerReferences(ObjectMeta target, IEnumerable<OwnerReference> references) => Write(target, writer =>
    {
        writer.WriteStartArray("ownerReferences"u8);
        foreach (var reference in references)
        {
            reference.Write(writer);
        }
        writer.WriteEndArray();
    });

    public static ReadOnlyMemory<byte> WithoutFinalizer(ObjectMeta target, string finalizer) => Write(target, writer =>
    {
        writer.WriteStartArray("finalizers"u8);
        foreach (var kept in (target.Finalizers ?? []).Where(kept => kept != finalizer))
        {
            writer.WriteStringValue(kept);
        }
        writer.WriteEndArray();
    });

    private static ReadOnlyMemory<byte> Write(ObjectMeta target, Action<Utf8JsonWriter> content)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteStartObject("metadata"u8);
            writer.WriteString("uid"u8, target.Uid);
            writer.WriteString("resourceVersion"u8, target.ResourceVersion);
            content(writer);
            writer.WriteEndObject();
            writer.WriteEndObject();
        }
        return buffer.WrittenMemory;
    }
}
