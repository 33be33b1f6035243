using System.Globalization;
using System.Text.Json;
using Google.Protobuf;

namespace CloudPlane.Schema;

/// <summary>The messages whose JSON form is a scalar: Quantity, IntOrString, Time, MicroTime, RawExtension.</summary>
internal static class SpecialMessages
{
    /// <summary>Field 1 as text: Quantity {string = 1}.</summary>
    public static string FirstText(ByteString message) => Field(message, 1)?.Text ?? "";

    /// <summary>IntOrString {type = 1 (0 int, 1 string), intVal = 2, strVal = 3}.</summary>
    public static void WriteIntOrString(Utf8JsonWriter writer, ByteString message)
    {
        if (Field(message, 1)?.Number == 1)
            writer.WriteStringValue(Field(message, 3)?.Text ?? "");
        else
            writer.WriteNumberValue((int)(Field(message, 2)?.Number ?? 0));
    }

    /// <summary>The zero of IntOrString, which a plain field (a Service's targetPort) has when it was not set.</summary>
    public static bool IsZeroIntOrString(ByteString message) =>
        (Field(message, 1)?.Number ?? 0) == 0 && (Field(message, 2)?.Number ?? 0) == 0;

    /// <summary>Time and MicroTime {seconds = 1, nanos = 2}; null when it is outside what a date can be.</summary>
    public static void WriteTime(Utf8JsonWriter writer, ByteString message, bool micro)
    {
        var (seconds, nanos) = (Field(message, 1)?.Number ?? 0, Field(message, 2)?.Number ?? 0);
        if (message.IsEmpty || seconds is < -62135596800 or > 253402300799 || nanos is < 0 or > 999_999_999)
        {
            writer.WriteNullValue();
            return;
        }

        var time = DateTimeOffset.FromUnixTimeSeconds(seconds).AddTicks(nanos / 100);
        writer.WriteStringValue(time.ToString(micro ? "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'" : "yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
    }

    /// <summary>RawExtension and FieldsV1 {raw = 1}: JSON text inside.</summary>
    public static void WriteRawJson(Utf8JsonWriter writer, ByteString message)
    {
        var raw = Field(message, 1)?.Bytes ?? ByteString.Empty;
        if (raw.IsEmpty)
        {
            writer.WriteNullValue();
            return;
        }

        try
        {
            using var document = JsonDocument.Parse(raw.Memory);
            document.RootElement.WriteTo(writer);
        }
        catch (JsonException e)
        {
            throw new FormatException($"an embedded object is no JSON: {e.Message}");
        }
    }

    private static ProtobufValue? Field(ByteString message, int number)
    {
        ProtobufValue? found = null;
        var input = message.CreateCodedInput();
        uint tag;
        while ((tag = input.ReadTag()) != 0)
        {
            var value = ProtobufValue.Read(input, tag);
            if (WireFormat.GetTagFieldNumber(tag) == number)
                found = value;
        }

        return found;
    }
}
