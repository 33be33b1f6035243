using System.Text;
using System.Text.Json;

namespace CloudPlane.Schema;

/// <summary>Names and strings of a reader's current token.</summary>
internal static class JsonTexts
{
    /// <summary>The field that a property name means, by exact match; <paramref name="name"/> is the property's name either way.</summary>
    public static bool TryFindField(ref Utf8JsonReader reader, ObjectSchema schema, out string name, out FieldSchema field)
    {
        Span<char> chars = stackalloc char[128];
        if (!reader.ValueIsEscaped && reader.ValueSpan.Length <= chars.Length)
        {
            var length = Encoding.UTF8.GetChars(reader.ValueSpan, chars);
            if (schema.TryGetField(chars[..length], out var shared, out var found))
            {
                (name, field) = (shared, found);
                return true;
            }
        }

        name = Get(ref reader);
        return schema.Fields.TryGetValue(name, out field!);
    }

    /// <summary>The string; half a surrogate pair, which .NET refuses, becomes U+FFFD as in Go.</summary>
    public static string Get(ref Utf8JsonReader reader)
    {
        try
        {
            return reader.GetString()!;
        }
        catch (InvalidOperationException)
        {
            return Unescape(Encoding.UTF8.GetString(reader.ValueSpan));
        }
    }

    public static string Raw(ReadOnlySpan<byte> token) => Encoding.UTF8.GetString(token);

    // The reader has checked the escapes' form; only unpaired surrogates bring us here.
    private static string Unescape(string escaped)
    {
        var text = new StringBuilder(escaped.Length);
        for (var i = 0; i < escaped.Length; i++)
        {
            if (escaped[i] != '\\')
            {
                text.Append(escaped[i]);
                continue;
            }

            i++;
            if (escaped[i] == 'u')
            {
                text.Append((char)Convert.ToUInt16(escaped.Substring(i + 1, 4), 16));
                i += 4;
            }
            else
            {
                text.Append(escaped[i] switch { 'b' => '\b', 'f' => '\f', 'n' => '\n', 'r' => '\r', 't' => '\t', var c => c });
            }
        }

        // Encoding replaces every unpaired surrogate.
        return Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text.ToString()));
    }
}
