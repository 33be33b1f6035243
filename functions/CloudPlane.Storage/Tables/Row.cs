using System.Globalization;
using System.Text.Json;

namespace CloudPlane.Storage;

/// <summary>An entity of ours: the columns of all kinds of rows. Which of them a row has is said where it is written, in <see cref="RowWriter"/>.</summary>
internal sealed class Row
{
    public string PartitionKey { get; private set; } = "";

    public string RowKey { get; private set; } = "";

    /// <summary>Known where the row was read alone.</summary>
    public string? ETag { get; init; }

    public long Revision { get; private set; }

    public long Compacted { get; private set; }

    /// <summary>The revision of the object's change before this one; 0 for none.</summary>
    public long Previous { get; private set; }

    public ChangeKind Kind { get; private set; }

    /// <summary>The row key of the object that a log row is about.</summary>
    public string Object { get; private set; } = "";

    public Guid Operation { get; private set; }

    public Guid Transaction { get; private set; }

    public PackedDocument Document { get; private set; } = new(default, 0, 0);

    /// <summary>Reads one entity; the reader stands before or on its opening brace.</summary>
    /// <exception cref="JsonException">It isn't one.</exception>
    public static Row Read(ref Utf8JsonReader reader, string? etag)
    {
        var row = new Row { ETag = etag };
        if (reader.TokenType == JsonTokenType.None)
            reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
            throw new JsonException("an entity is an object");
        var (offset, length) = (0, 0);
        var chunks = new List<byte[]>(1);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            row.ReadProperty(ref reader, chunks, ref offset, ref length);
        row.Document = new(Join(chunks), length, offset);
        return row;
    }

    private void ReadProperty(ref Utf8JsonReader reader, List<byte[]> chunks, ref int offset, ref int length)
    {
        var name = reader.GetString()!;
        reader.Read();
        switch (name)
        {
            case nameof(PartitionKey):
                PartitionKey = Text(ref reader);
                break;
            case nameof(RowKey):
                RowKey = Text(ref reader);
                break;
            case nameof(Revision):
                Revision = Number(ref reader);
                break;
            case nameof(Compacted):
                Compacted = Number(ref reader);
                break;
            case nameof(Previous):
                Previous = Number(ref reader);
                break;
            case nameof(Kind):
                Kind = (ChangeKind)Number(ref reader);
                break;
            case nameof(Object):
                Object = Text(ref reader);
                break;
            case nameof(Operation):
                Operation = Identifier(ref reader);
                break;
            case nameof(Transaction):
                Transaction = Identifier(ref reader);
                break;
            case "Offset":
                offset = (int)Number(ref reader);
                break;
            case "Length":
                length = (int)Number(ref reader);
                break;
            case ['D', >= '0' and <= '9', ..]:
                AddChunk(chunks, name, reader.GetBytesFromBase64());
                break;
            default:
                reader.Skip();
                break;
        }
    }

    // An answer's properties come in whatever order.
    private static void AddChunk(List<byte[]> chunks, string name, byte[] bytes)
    {
        if (!int.TryParse(name.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out var index) || index > 251)
            throw new JsonException($"property {name}");
        while (chunks.Count <= index)
            chunks.Add([]);
        chunks[index] = bytes;
    }

    private static byte[] Join(List<byte[]> chunks) => chunks.Count switch
    {
        0 => [],
        1 => chunks[0],
        _ => [.. chunks.SelectMany(static c => c)],
    };

    private static string Text(ref Utf8JsonReader reader) =>
        reader.TokenType == JsonTokenType.String ? reader.GetString()! : throw new JsonException("a string was expected");

    // Edm.Int64 is a string in JSON, Edm.Int32 a number.
    private static long Number(ref Utf8JsonReader reader) => reader.TokenType == JsonTokenType.Number
        ? reader.GetInt64()
        : long.TryParse(Text(ref reader), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw new JsonException("a number was expected");

    private static Guid Identifier(ref Utf8JsonReader reader) =>
        Guid.TryParse(Text(ref reader), out var guid) ? guid : throw new JsonException("a GUID was expected");
}
