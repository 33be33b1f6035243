using System.Buffers;
using System.Text.Json;

namespace CloudPlane.Client;

/// <summary>Copies a JSON value token by token, without white space; escapes and number texts stay as they were.</summary>
internal static class RawJson
{
    /// <summary>The reader stands on the value's first token and is left on its last.</summary>
    public static void Copy(ref Utf8JsonReader reader, IBufferWriter<byte> output)
    {
        var depth = reader.CurrentDepth;
        var first = true;
        do
        {
            if (!first && reader.TokenType is JsonTokenType.EndObject or JsonTokenType.EndArray) first = true;
            Token(ref reader, output, ref first);
        }
        while (!IsLast(ref reader, depth) && reader.Read());
    }

    private static bool IsLast(ref Utf8JsonReader reader, int depth) =>
        reader.CurrentDepth == depth && reader.TokenType is not (JsonTokenType.StartObject or JsonTokenType.StartArray or JsonTokenType.PropertyName);

    private static void Token(ref Utf8JsonReader reader, IBufferWriter<byte> output, ref bool first)
    {
        if (!first) output.Write(","u8);
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                output.Write("{"u8);
                first = true;
                break;
            case JsonTokenType.StartArray:
                output.Write("["u8);
                first = true;
                break;
            case JsonTokenType.EndObject:
                output.Write("}"u8);
                first = false;
                break;
            case JsonTokenType.EndArray:
                output.Write("]"u8);
                first = false;
                break;
            case JsonTokenType.PropertyName:
                Quoted(ref reader, output);
                output.Write(":"u8);
                first = true;
                break;
            case JsonTokenType.String:
                Quoted(ref reader, output);
                first = false;
                break;
            default:
                Text(ref reader, output);
                first = false;
                break;
        }
    }

    private static void Quoted(ref Utf8JsonReader reader, IBufferWriter<byte> output)
    {
        output.Write("\""u8);
        Text(ref reader, output);
        output.Write("\""u8);
    }

    private static void Text(ref Utf8JsonReader reader, IBufferWriter<byte> output)
    {
        if (!reader.HasValueSequence)
        {
            output.Write(reader.ValueSpan);
            return;
        }
        foreach (var segment in reader.ValueSequence) output.Write(segment.Span);
    }
}
