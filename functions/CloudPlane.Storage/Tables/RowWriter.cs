using System.Globalization;
using System.Text.Json;

namespace CloudPlane.Storage;

/// <summary>The rows of a partition, as entities in JSON without the keys, which whoever sends them adds.</summary>
internal static class RowWriter
{
    private static readonly JsonEncodedText Int64Type = JsonEncodedText.Encode("Edm.Int64");
    private static readonly JsonEncodedText BinaryType = JsonEncodedText.Encode("Edm.Binary");
    private static readonly string[] Chunks = [.. Enumerable.Range(0, 17).Select(i => string.Create(CultureInfo.InvariantCulture, $"D{i}"))];

    /// <summary><c>head</c>: the newest revision, the compacted one, and the transaction that wrote it.</summary>
    public static void Head(Utf8JsonWriter writer, long revision, long compacted, Guid transaction)
    {
        Int64(writer, nameof(Row.Revision), revision);
        Int64(writer, nameof(Row.Compacted), compacted);
        writer.WriteString(nameof(Row.Transaction), transaction);
    }

    /// <summary><c>swept</c>: up to which revision compaction has deleted rows.</summary>
    public static void Swept(Utf8JsonWriter writer, long revision) => Int64(writer, nameof(Row.Revision), revision);

    /// <summary><c>o!NAMESPACE!NAME</c>: the current object, and the operation that wrote it.</summary>
    public static void Object(Utf8JsonWriter writer, long revision, Guid operation, PackedDocument document)
    {
        Int64(writer, nameof(Row.Revision), revision);
        writer.WriteString(nameof(Row.Operation), operation);
        Document(writer, document);
    }

    /// <summary>
    /// <c>l!REVISION</c>: a change. The state before it is the one after the change at <paramref name="previous"/>, so it is not stored twice.
    /// </summary>
    public static void Log(
        Utf8JsonWriter writer, ChangeKind kind, string objectKey, long previous, Guid operation, Guid transaction, PackedDocument document)
    {
        writer.WriteNumber(nameof(Row.Kind), (int)kind);
        writer.WriteString(nameof(Row.Object), objectKey);
        if (previous > 0)
            Int64(writer, nameof(Row.Previous), previous);
        writer.WriteString(nameof(Row.Operation), operation);
        writer.WriteString(nameof(Row.Transaction), transaction);
        Document(writer, document);
    }

    private static void Document(Utf8JsonWriter writer, PackedDocument document)
    {
        writer.WriteNumber("Offset", document.RevisionOffset);
        if (document.Length > 0)
            writer.WriteNumber("Length", document.Length);
        for (var (i, rest) = (0, document.Bytes); rest.Length > 0; i++)
        {
            var chunk = rest[..Math.Min(rest.Length, PackedDocument.ChunkBytes)];
            writer.WriteString($"{Chunks[i]}@odata.type", BinaryType);
            writer.WriteBase64String(Chunks[i], chunk.Span);
            rest = rest[chunk.Length..];
        }
    }

    private static void Int64(Utf8JsonWriter writer, string name, long value)
    {
        writer.WriteString($"{name}@odata.type", Int64Type);
        writer.WriteString(name, value.ToString(CultureInfo.InvariantCulture));
    }
}
