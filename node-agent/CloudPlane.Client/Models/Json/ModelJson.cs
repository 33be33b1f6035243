using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace CloudPlane.Client;

/// <summary>Models from and to UTF-8 JSON.</summary>
public static class ModelJson
{
    // Relaxed: what goes over the wire is JSON, not HTML, and Kubernetes' clients expect plain UTF-8.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary>The value in a document.</summary>
    /// <exception cref="JsonException">It is no JSON, or a field has the wrong type.</exception>
    public static T Parse<T>(ReadOnlySpan<byte> json) where T : IModel<T>
    {
        var reader = new Utf8JsonReader(json);
        return T.Read(ref reader);
    }

    /// <summary>The value's document.</summary>
    public static ReadOnlyMemory<byte> ToBytes<T>(T value) where T : IModel<T>
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var writer = new Utf8JsonWriter(buffer, Options)) value.Write(writer);
        return buffer.WrittenMemory;
    }

    /// <summary>A JSON object whose members <paramref name="members"/> writes: the body of a merge patch.</summary>
    public static ReadOnlyMemory<byte> ToPatch(Action<Utf8JsonWriter> members)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, Options))
        {
            writer.WriteStartObject();
            members(writer);
            writer.WriteEndObject();
        }
        return buffer.WrittenMemory;
    }

    /// <summary>
    /// Whether both are absent or have the same content. Records compare their lists and maps by reference; this compares what they hold.
    /// </summary>
    public static bool Same<T>(T? a, T? b) where T : class, IModel<T> =>
        ReferenceEquals(a, b) || (a is not null && b is not null && (a.Equals(b) || ToBytes(a).Span.SequenceEqual(ToBytes(b).Span)));

    /// <summary>"Pod default/web-1": what a log line says of an object. Never its content.</summary>
    internal static string Describe<T>(T value) where T : class, IKubernetesObject<T> =>
        T.Resource.Namespaced ? $"{T.Resource.Kind} {value.Metadata.Namespace}/{value.Metadata.Name}" : $"{T.Resource.Kind} {value.Metadata.Name}";
}
