using System.Buffers;
using System.Text;
using System.Text.Json;
using Google.Protobuf;

namespace CloudPlane.Schema;

/// <summary>
/// A request body in Kubernetes' protobuf form (application/vnd.kubernetes.protobuf, which typed clients such as kubectl create send)
/// to JSON: the envelope <c>k8s\0</c> + runtime.Unknown, then the object by the field numbers of its Go types.
/// </summary>
public static class ProtobufToJson
{
    private const int MaxDepth = 64;
    private static readonly byte[] Magic = [(byte)'k', (byte)'8', (byte)'s', 0];
    private static readonly Lazy<ProtobufNumbers> Numbers = new(ProtobufNumbers.Load);

    /// <summary>The object as JSON, apiVersion and kind included.</summary>
    /// <exception cref="FormatException">Not such a body; says where.</exception>
    public static byte[] Convert(ObjectSchema schema, ReadOnlySpan<byte> body)
    {
        if (!body.StartsWith(Magic))
            throw new FormatException("provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]");
        try
        {
            var envelope = Envelope.Read(new CodedInputStream(body[Magic.Length..].ToArray()));
            var output = new ArrayBufferWriter<byte>();
            using (var writer = new Utf8JsonWriter(output))
            {
                writer.WriteStartObject();
                writer.WriteString("apiVersion", envelope.ApiVersion);
                writer.WriteString("kind", envelope.Kind);
                WriteFields(writer, schema, schema.Name, envelope.Raw, 0);
                writer.WriteEndObject();
            }

            return output.WrittenSpan.ToArray();
        }
        catch (Exception e) when (e is InvalidProtocolBufferException or InvalidOperationException or DecoderFallbackException)
        {
            throw new FormatException($"unable to decode the protobuf body: {e.Message}");
        }
    }

    /// <summary>The fields of one message. Repeated fields and maps arrive in pieces, so they are collected before they are written.</summary>
    private static void WriteFields(Utf8JsonWriter writer, ObjectSchema schema, string model, ByteString message, int depth)
    {
        var collections = new Dictionary<string, (FieldSchema Field, List<ProtobufValue> Values)>();
        Scan(message, model, depth, (field, value) =>
        {
            if (!schema.Fields.TryGetValue(field.Name, out var shape))
                return;
            if (shape.Kind is FieldKind.Array or FieldKind.Map)
            {
                if (!collections.TryGetValue(field.Name, out var collection))
                    collections[field.Name] = collection = (shape, []);
                collection.Values.Add(value);
            }
            else if (field.Pointer || !IsAbsent(shape, value))
            {
                writer.WritePropertyName(field.Name);
                WriteValue(writer, shape, value, depth);
            }
        });

        foreach (var (name, (shape, values)) in collections)
        {
            writer.WritePropertyName(name);
            if (shape.Kind == FieldKind.Array)
                WriteArray(writer, shape.Items!, values, depth);
            else
                WriteMap(writer, shape.Values!, values, depth);
        }
    }

    private static void Scan(ByteString message, string model, int depth, Action<ProtobufField, ProtobufValue> onField)
    {
        if (depth > MaxDepth)
            throw new FormatException($"the message nests deeper than {MaxDepth} levels");
        var fields = Numbers.Value.Of(model);
        var input = message.CreateCodedInput();
        uint tag;
        while ((tag = input.ReadTag()) != 0)
        {
            var value = ProtobufValue.Read(input, tag);
            if (value is null || !fields.TryGetValue(WireFormat.GetTagFieldNumber(tag), out var field))
                continue;
            if (field.Embedded is { } embedded)
                Scan(value.Value.Bytes, embedded, depth + 1, onField);
            else
                onField(field, value.Value);
        }
    }

    private static void WriteArray(Utf8JsonWriter writer, FieldSchema items, List<ProtobufValue> values, int depth)
    {
        writer.WriteStartArray();
        foreach (var value in values)
            WriteValue(writer, items, value, depth);
        writer.WriteEndArray();
    }

    private static void WriteMap(Utf8JsonWriter writer, FieldSchema shape, List<ProtobufValue> entries, int depth)
    {
        writer.WriteStartObject();
        foreach (var entry in entries)
        {
            var (key, value) = MapEntry(entry.Bytes);
            writer.WritePropertyName(key);
            WriteValue(writer, shape, value, depth);
        }

        writer.WriteEndObject();
    }

    private static (string Key, ProtobufValue Value) MapEntry(ByteString entry)
    {
        var (key, value) = ("", new ProtobufValue(0, ByteString.Empty));
        var input = entry.CreateCodedInput();
        uint tag;
        while ((tag = input.ReadTag()) != 0)
        {
            var read = ProtobufValue.Read(input, tag);
            if (read is null)
                continue;
            if (WireFormat.GetTagFieldNumber(tag) == 1)
                key = read.Value.Text;
            else
                value = read.Value;
        }

        return (key, value);
    }

    private static void WriteValue(Utf8JsonWriter writer, FieldSchema shape, ProtobufValue value, int depth)
    {
        switch (shape.Format)
        {
            case "quantity":
                writer.WriteStringValue(SpecialMessages.FirstText(value.Bytes));
                return;
            case "int-or-string":
                SpecialMessages.WriteIntOrString(writer, value.Bytes);
                return;
            case "date-time" or "date-time-micro":
                SpecialMessages.WriteTime(writer, value.Bytes, micro: shape.Format == "date-time-micro");
                return;
            case "byte":
                writer.WriteBase64StringValue(value.Bytes.Span);
                return;
            case "raw-extension" or "fields-v1" or "json":
                SpecialMessages.WriteRawJson(writer, value.Bytes);
                return;
        }

        switch (shape.Kind)
        {
            case FieldKind.String:
                writer.WriteStringValue(value.Text);
                break;
            case FieldKind.Integer:
                writer.WriteNumberValue(shape.Format == "int32" ? (int)value.Number : value.Number);
                break;
            case FieldKind.Boolean:
                writer.WriteBooleanValue(value.Number != 0);
                break;
            case FieldKind.Number:
                writer.WriteNumberValue(BitConverter.Int64BitsToDouble(value.Number));
                break;
            case FieldKind.Ref:
                var schema = shape.Ref!();
                writer.WriteStartObject();
                WriteFields(writer, schema, schema.Name, value.Bytes, depth + 1);
                writer.WriteEndObject();
                break;
            default:
                throw new FormatException("the message holds a value of a kind that has no protobuf form");
        }
    }

    // Go's marshaller writes plain fields even when they are zero; JSON's omitempty would have left them out.
    private static bool IsAbsent(FieldSchema shape, ProtobufValue value) => shape.Kind switch
    {
        FieldKind.String when shape.Format is "int-or-string" => SpecialMessages.IsZeroIntOrString(value.Bytes),
        FieldKind.String => value.Bytes.IsEmpty,
        _ => value.Number == 0 && value.Bytes.IsEmpty,
    };

    private readonly record struct Envelope(string ApiVersion, string Kind, ByteString Raw)
    {
        // runtime.Unknown: typeMeta = 1 {apiVersion = 1, kind = 2}, raw = 2, contentEncoding = 3, contentType = 4.
        public static Envelope Read(CodedInputStream input)
        {
            var (apiVersion, kind, raw) = ("", "", ByteString.Empty);
            uint tag;
            while ((tag = input.ReadTag()) != 0)
            {
                switch (WireFormat.GetTagFieldNumber(tag), ProtobufValue.Read(input, tag))
                {
                    case (1, { } meta):
                        (apiVersion, kind) = TypeMeta(meta.Bytes);
                        break;
                    case (2, { } object_):
                        raw = object_.Bytes;
                        break;
                }
            }

            return new Envelope(apiVersion, kind, raw);
        }

        private static (string ApiVersion, string Kind) TypeMeta(ByteString message)
        {
            var (apiVersion, kind) = ("", "");
            var input = message.CreateCodedInput();
            uint tag;
            while ((tag = input.ReadTag()) != 0)
            {
                switch (WireFormat.GetTagFieldNumber(tag), ProtobufValue.Read(input, tag))
                {
                    case (1, { } text):
                        apiVersion = text.Text;
                        break;
                    case (2, { } text):
                        kind = text.Text;
                        break;
                }
            }

            return (apiVersion, kind);
        }
    }
}
