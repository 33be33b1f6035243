using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using CloudPlane.Storage;

namespace CloudPlane.Api;

/// <summary>Between stored bytes and JSON documents.</summary>
internal static class Documents
{
    public static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary>A stored document. Its bytes must stay as they are.</summary>
    public static JsonObject Parse(ReadOnlyMemory<byte> bytes) => JsonNode.Parse(bytes.Span)!.AsObject();

    /// <summary>The bytes to store, with the place of the revision. Type and metadata come first, as Kubernetes writes them.</summary>
    public static DocumentTemplate Encode(JsonObject document)
    {
        var buffer = new ArrayBufferWriter<byte>(2048);
        using var writer = new Utf8JsonWriter(buffer, WriterOptions);
        writer.WriteStartObject();
        WriteHead(writer, document);
        writer.WriteStartObject("metadata"u8);
        writer.WriteString("resourceVersion"u8, ""u8);
        var revisionOffset = (int)(writer.BytesCommitted + writer.BytesPending) - 1;
        if (document["metadata"] is JsonObject metadata)
            WriteMembers(writer, metadata, static name => name is "resourceVersion");
        writer.WriteEndObject();
        WriteMembers(writer, document, static name => name is "kind" or "apiVersion" or "metadata");
        writer.WriteEndObject();
        writer.Flush();
        return new DocumentTemplate(buffer.WrittenMemory, revisionOffset);
    }

    /// <summary>The document as it is.</summary>
    public static ReadOnlyMemory<byte> ToBytes(JsonObject document)
    {
        var buffer = new ArrayBufferWriter<byte>(2048);
        using (var writer = new Utf8JsonWriter(buffer, WriterOptions))
            document.WriteTo(writer);
        return buffer.WrittenMemory;
    }

    /// <summary>The raw value of the top-level member, or empty.</summary>
    public static ReadOnlyMemory<byte> Member(ReadOnlyMemory<byte> document, ReadOnlySpan<byte> name)
    {
        var reader = new Utf8JsonReader(document.Span);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var found = reader.ValueTextEquals(name);
            reader.Read();
            var start = (int)reader.TokenStartIndex;
            reader.Skip();
            if (found)
                return document[start..(int)reader.BytesConsumed];
        }

        return default;
    }

    /// <summary>The same document with another revision: what a watcher is shown of an object that left its selection.</summary>
    public static ReadOnlyMemory<byte> WithRevision(ReadOnlyMemory<byte> document, long revision)
    {
        var metadata = Member(document, "metadata"u8);
        var old = Member(metadata, "resourceVersion"u8);
        if (old.IsEmpty)
            return document;
        System.Runtime.InteropServices.MemoryMarshal.TryGetArray(document, out var whole);
        System.Runtime.InteropServices.MemoryMarshal.TryGetArray(old, out var part);
        var start = part.Offset - whole.Offset;
        var digits = System.Text.Encoding.ASCII.GetBytes($"\"{revision}\"");
        var result = new byte[document.Length - old.Length + digits.Length];
        document.Span[..start].CopyTo(result);
        digits.CopyTo(result, start);
        document.Span[(start + old.Length)..].CopyTo(result.AsSpan(start + digits.Length));
        return result;
    }

    private static void WriteHead(Utf8JsonWriter writer, JsonObject document)
    {
        foreach (var name in (ReadOnlySpan<string>)["kind", "apiVersion"])
        {
            if (document[name] is { } value)
            {
                writer.WritePropertyName(name);
                value.WriteTo(writer);
            }
        }
    }

    private static void WriteMembers(Utf8JsonWriter writer, JsonObject members, Func<string, bool> skip)
    {
        foreach (var (name, value) in members)
        {
            if (skip(name))
                continue;
            writer.WritePropertyName(name);
            if (value is null)
                writer.WriteNullValue();
            else
                value.WriteTo(writer);
        }
    }
}
