using System.Globalization;
using System.Text.Json;

namespace CloudPlane.Client;

/// <summary>What the generated writers are made of: each writes a property, or nothing for null.</summary>
internal static class FieldWriter
{
    public static void Value(Utf8JsonWriter writer, ReadOnlySpan<byte> name, string? value)
    {
        if (value is not null) writer.WriteString(name, value);
    }

    public static void Value(Utf8JsonWriter writer, ReadOnlySpan<byte> name, bool? value)
    {
        if (value is { } v) writer.WriteBoolean(name, v);
    }

    public static void Value(Utf8JsonWriter writer, ReadOnlySpan<byte> name, int? value)
    {
        if (value is { } v) writer.WriteNumber(name, v);
    }

    public static void Value(Utf8JsonWriter writer, ReadOnlySpan<byte> name, long? value)
    {
        if (value is { } v) writer.WriteNumber(name, v);
    }

    public static void Value(Utf8JsonWriter writer, ReadOnlySpan<byte> name, IntOrString? value)
    {
        if (value is not { } v) return;
        if (v.IsInt) writer.WriteNumber(name, v.IntValue);
        else writer.WriteString(name, v.Text);
    }

    /// <summary>metav1.Time: whole seconds, UTC.</summary>
    public static void Time(Utf8JsonWriter writer, ReadOnlySpan<byte> name, DateTimeOffset? value) =>
        Time(writer, name, value, "yyyy-MM-dd'T'HH:mm:ss'Z'");

    /// <summary>metav1.MicroTime: six decimals, UTC.</summary>
    public static void MicroTime(Utf8JsonWriter writer, ReadOnlySpan<byte> name, DateTimeOffset? value) =>
        Time(writer, name, value, "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'");

    public static void Object<T>(Utf8JsonWriter writer, ReadOnlySpan<byte> name, T? value) where T : class, IModel<T>
    {
        if (value is null) return;
        writer.WritePropertyName(name);
        value.Write(writer);
    }

    public static void List<T>(Utf8JsonWriter writer, ReadOnlySpan<byte> name, IReadOnlyList<T>? values) where T : class, IModel<T>
    {
        if (values is null) return;
        writer.WriteStartArray(name);
        foreach (var value in values) value.Write(writer);
        writer.WriteEndArray();
    }

    public static void Values(Utf8JsonWriter writer, ReadOnlySpan<byte> name, IReadOnlyList<string>? values)
    {
        if (values is null) return;
        writer.WriteStartArray(name);
        foreach (var value in values) writer.WriteStringValue(value);
        writer.WriteEndArray();
    }

    public static void Values(Utf8JsonWriter writer, ReadOnlySpan<byte> name, IReadOnlyList<int>? values)
    {
        if (values is null) return;
        writer.WriteStartArray(name);
        foreach (var value in values) writer.WriteNumberValue(value);
        writer.WriteEndArray();
    }

    public static void Values(Utf8JsonWriter writer, ReadOnlySpan<byte> name, IReadOnlyList<long>? values)
    {
        if (values is null) return;
        writer.WriteStartArray(name);
        foreach (var value in values) writer.WriteNumberValue(value);
        writer.WriteEndArray();
    }

    public static void Map(Utf8JsonWriter writer, ReadOnlySpan<byte> name, IReadOnlyDictionary<string, string>? map)
    {
        if (map is null) return;
        writer.WriteStartObject(name);
        foreach (var (key, value) in map) writer.WriteString(key, value);
        writer.WriteEndObject();
    }

    private static void Time(Utf8JsonWriter writer, ReadOnlySpan<byte> name, DateTimeOffset? value, string format)
    {
        if (value is not { } v) return;
        Span<char> text = stackalloc char[32];
        v.UtcDateTime.TryFormat(text, out var length, format, CultureInfo.InvariantCulture);
        writer.WriteString(name, text[..length]);
    }
}
