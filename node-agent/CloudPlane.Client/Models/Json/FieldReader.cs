using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace CloudPlane.Client;

/// <summary>
/// What the generated readers are made of. Each value method steps from a property's name to its value and reads it;
/// null means absent, as everywhere in the API.
/// </summary>
internal static class FieldReader
{
    public static void Start(ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.None) reader.Read();
        Expect(ref reader, JsonTokenType.StartObject, "an object");
    }

    /// <summary>Steps to the next property's name; false at the object's end.</summary>
    public static bool Next(ref Utf8JsonReader reader) => reader.Read() && reader.TokenType == JsonTokenType.PropertyName;

    /// <summary>The length of the property's name in bytes, unescaped: the generated readers switch on it.</summary>
    public static int NameLength(ref Utf8JsonReader reader) =>
        reader.ValueIsEscaped || reader.HasValueSequence ? Encoding.UTF8.GetByteCount(reader.GetString()!) : reader.ValueSpan.Length;

    public static void Skip(ref Utf8JsonReader reader)
    {
        reader.Read();
        reader.Skip();
    }

    public static string? String(ref Utf8JsonReader reader)
    {
        if (IsNull(ref reader)) return null;
        Expect(ref reader, JsonTokenType.String, "a string");
        return reader.GetString();
    }

    /// <summary>A quantity may be written as a number; it is the same quantity as text.</summary>
    public static string? Quantity(ref Utf8JsonReader reader)
    {
        if (IsNull(ref reader)) return null;
        return QuantityText(ref reader);
    }

    public static bool? Boolean(ref Utf8JsonReader reader)
    {
        if (IsNull(ref reader)) return null;
        return reader.TokenType is JsonTokenType.True or JsonTokenType.False ? reader.GetBoolean() : throw Wrong(ref reader, "true or false");
    }

    public static int? Int32(ref Utf8JsonReader reader) => IsNull(ref reader) ? null : Int32Value(ref reader);

    public static long? Int64(ref Utf8JsonReader reader) => IsNull(ref reader) ? null : Int64Value(ref reader);

    public static DateTimeOffset? Time(ref Utf8JsonReader reader)
    {
        if (IsNull(ref reader)) return null;
        return reader.TokenType == JsonTokenType.String && reader.TryGetDateTimeOffset(out var value)
            ? value
            : throw Wrong(ref reader, "an RFC 3339 time");
    }

    public static IntOrString? IntOrString(ref Utf8JsonReader reader)
    {
        if (IsNull(ref reader)) return null;
        return reader.TokenType == JsonTokenType.String ? new IntOrString(reader.GetString()!) : new IntOrString(Int32Value(ref reader));
    }

    public static T? Object<T>(ref Utf8JsonReader reader) where T : class, IModel<T> => IsNull(ref reader) ? null : T.Read(ref reader);

    public static IReadOnlyList<T>? List<T>(ref Utf8JsonReader reader) where T : class, IModel<T>
    {
        if (!StartList(ref reader)) return null;
        var list = new List<T>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray) list.Add(T.Read(ref reader));
        return list;
    }

    public static IReadOnlyList<string>? Strings(ref Utf8JsonReader reader)
    {
        if (!StartList(ref reader)) return null;
        var list = new List<string>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            Expect(ref reader, JsonTokenType.String, "a string");
            list.Add(reader.GetString()!);
        }
        return list;
    }

    public static IReadOnlyList<int>? Int32s(ref Utf8JsonReader reader)
    {
        if (!StartList(ref reader)) return null;
        var list = new List<int>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray) list.Add(Int32Value(ref reader));
        return list;
    }

    public static IReadOnlyList<long>? Int64s(ref Utf8JsonReader reader)
    {
        if (!StartList(ref reader)) return null;
        var list = new List<long>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray) list.Add(Int64Value(ref reader));
        return list;
    }

    /// <summary>A map of texts (labels, annotations, data, resource lists).</summary>
    public static IReadOnlyDictionary<string, string>? Map(ref Utf8JsonReader reader)
    {
        if (IsNull(ref reader)) return null;
        Expect(ref reader, JsonTokenType.StartObject, "an object");
        var map = new Dictionary<string, string>();
        while (Next(ref reader))
        {
            var key = reader.GetString()!;
            reader.Read();
            map[key] = reader.TokenType == JsonTokenType.Null ? "" : QuantityText(ref reader);
        }
        return map;
    }

    private static string QuantityText(ref Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.String => reader.GetString()!,
        JsonTokenType.Number => Encoding.UTF8.GetString(reader.HasValueSequence ? reader.ValueSequence.ToArray() : reader.ValueSpan),
        _ => throw Wrong(ref reader, "a string"),
    };

    private static int Int32Value(ref Utf8JsonReader reader) =>
        reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out var value) ? value : throw Wrong(ref reader, "a 32-bit integer");

    private static long Int64Value(ref Utf8JsonReader reader) =>
        reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var value) ? value : throw Wrong(ref reader, "a 64-bit integer");

    private static bool IsNull(ref Utf8JsonReader reader)
    {
        reader.Read();
        return reader.TokenType == JsonTokenType.Null;
    }

    private static bool StartList(ref Utf8JsonReader reader)
    {
        if (IsNull(ref reader)) return false;
        Expect(ref reader, JsonTokenType.StartArray, "an array");
        return true;
    }

    private static void Expect(ref Utf8JsonReader reader, JsonTokenType type, string what)
    {
        if (reader.TokenType != type) throw Wrong(ref reader, what);
    }

    private static JsonException Wrong(ref Utf8JsonReader reader, string expected) =>
        new(string.Create(CultureInfo.InvariantCulture, $"expected {expected}, found {reader.TokenType} at byte {reader.TokenStartIndex}"));
}
