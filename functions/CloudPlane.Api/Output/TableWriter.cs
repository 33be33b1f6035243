using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Json;
using CloudPlane.Schema;

namespace CloudPlane.Api;

/// <summary>metav1.Table around stored objects.</summary>
internal sealed class TableWriter(ResourceType resource, Subresource? subresource, OutputForm form, string includeObject, TimeProvider time)
{
    // Of the subresources only scale has columns of its own.
    private readonly bool _isScale = subresource is { Columns.Count: > 0 };
    private readonly JsonEncodedText _partialVersion = JsonEncodedText.Encode($"meta.k8s.io/{form.Version}");

    /// <summary>A table of these objects; <paramref name="listMetadata"/> is its metadata member, raw.</summary>
    /// <param name="headers">Whether the columns are described; a watch does so in its first event only.</param>
    public ReadOnlyMemory<byte> Write(IEnumerable<ReadOnlyMemory<byte>> objects, ReadOnlySpan<byte> listMetadata, bool headers = true)
    {
        var buffer = new ArrayBufferWriter<byte>(4096);
        using var writer = new Utf8JsonWriter(buffer, Documents.WriterOptions);
        Begin(writer, listMetadata, headers);
        WriteRows(writer, objects);
        End(writer, default);
        writer.Flush();
        return buffer.WrittenMemory;
    }

    /// <summary>Everything before the rows; the metadata only if it is known already.</summary>
    public void Begin(Utf8JsonWriter writer, ReadOnlySpan<byte> listMetadata, bool headers = true)
    {
        writer.WriteStartObject();
        writer.WriteString("kind"u8, "Table"u8);
        writer.WriteString("apiVersion"u8, $"meta.k8s.io/{form.Version}");
        WriteMetadata(writer, listMetadata);
        writer.WritePropertyName("columnDefinitions"u8);
        if (headers)
            WriteColumns(writer);
        else
            writer.WriteNullValue();
        writer.WriteStartArray("rows"u8);
    }

    /// <summary>Rows with ages as of now: those of a watch's later events are those at the event.</summary>
    public void WriteRows(Utf8JsonWriter writer, IEnumerable<ReadOnlyMemory<byte>> objects)
    {
        var now = time.GetUtcNow();
        foreach (var item in objects)
            WriteRow(writer, item, now);
    }

    /// <summary>Everything after the rows; the metadata if it was not known before.</summary>
    public static void End(Utf8JsonWriter writer, ReadOnlySpan<byte> listMetadata)
    {
        writer.WriteEndArray();
        WriteMetadata(writer, listMetadata);
        writer.WriteEndObject();
    }

    private static void WriteMetadata(Utf8JsonWriter writer, ReadOnlySpan<byte> listMetadata)
    {
        if (listMetadata.IsEmpty)
            return;
        writer.WritePropertyName("metadata"u8);
        writer.WriteRawValue(listMetadata, skipInputValidation: true);
    }

    private void WriteColumns(Utf8JsonWriter writer)
    {
        writer.WriteStartArray();
        foreach (var column in _isScale ? subresource!.Columns : resource.Columns)
        {
            writer.WriteStartObject();
            writer.WriteString("name"u8, column.Name);
            writer.WriteString("type"u8, column.Type);
            writer.WriteString("format"u8, column.Format);
            writer.WriteString("description"u8, column.Description);
            writer.WriteNumber("priority"u8, column.Priority);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private void WriteRow(Utf8JsonWriter writer, ReadOnlyMemory<byte> item, DateTimeOffset now)
    {
        using var document = JsonDocument.Parse(item);
        writer.WriteStartObject();
        writer.WritePropertyName("cells"u8);
        if (_isScale)
            TablePrinter.WriteScaleCells(writer, document.RootElement, now);
        else
            TablePrinter.WriteCells(writer, resource, document.RootElement, now);
        switch (includeObject)
        {
            case "None":
                break;
            case "Object":
                writer.WritePropertyName("object"u8);
                writer.WriteRawValue(item.Span, skipInputValidation: true);
                break;
            default:
                WritePartialObject(writer, document.RootElement);
                break;
        }

        writer.WriteEndObject();
    }

    private void WritePartialObject(Utf8JsonWriter writer, JsonElement item)
    {
        writer.WriteStartObject("object"u8);
        writer.WriteString("kind"u8, "PartialObjectMetadata"u8);
        writer.WriteString("apiVersion"u8, _partialVersion);
        writer.WritePropertyName("metadata"u8);
        writer.WriteRawValue(JsonMarshal.GetRawUtf8Value(item.GetProperty("metadata"u8)), skipInputValidation: true);
        writer.WriteEndObject();
    }
}
