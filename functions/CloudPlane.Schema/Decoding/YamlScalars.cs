using System.Globalization;
using System.Numerics;
using System.Text.Json;

namespace CloudPlane.Schema;

/// <summary>What a scalar means in YAML 1.1, as goyaml (the parser of sigs.k8s.io/yaml) resolves it.</summary>
internal static class YamlScalars
{
    private const string TagPrefix = "tag:yaml.org,2002:";

    private enum Kind { Null, Bool, Integer, Float, Text }

    public static void Write(YamlScalar scalar, Utf8JsonWriter json)
    {
        switch (Resolve(scalar, out var text))
        {
            case Kind.Null:
                json.WriteNullValue();
                break;
            case Kind.Bool:
                json.WriteBooleanValue(text == "true");
                break;
            case Kind.Integer or Kind.Float:
                json.WriteRawValue(text, skipInputValidation: true);
                break;
            default:
                json.WriteStringValue(text);
                break;
        }
    }

    /// <summary>JSON's keys are strings: a number or boolean as a key becomes its text.</summary>
    public static string Key(YamlNode key)
    {
        if (key is not YamlScalar scalar)
            throw new FormatException($"yaml: line {key.Line}: invalid map key");
        return Resolve(scalar, out var text) == Kind.Null ? "null" : text;
    }

    private static Kind Resolve(YamlScalar scalar, out string text)
    {
        text = scalar.Text;
        var tag = scalar.Tag?.Replace(TagPrefix, "!!", StringComparison.Ordinal);
        if (tag is "!" or "!!str" || (tag is null && !scalar.IsPlain))
            return Kind.Text;
        var kind = ResolvePlain(ref text, scalar.Line);
        if (tag is null || tag == kind switch { Kind.Null => "!!null", Kind.Bool => "!!bool", Kind.Integer => "!!int", Kind.Float => "!!float", _ => "!!str" }
            || (tag == "!!float" && kind == Kind.Integer))
            return kind;
        if (tag == "!!binary")
            return Kind.Text;
        throw new FormatException($"yaml: line {scalar.Line}: cannot decode {(kind == Kind.Text ? "!!str" : tag)} `{scalar.Text}` as a {tag}");
    }

    private static Kind ResolvePlain(ref string text, long line)
    {
        switch (text)
        {
            case "" or "~" or "null" or "Null" or "NULL":
                return Kind.Null;
            case "true" or "True" or "TRUE" or "yes" or "Yes" or "YES" or "on" or "On" or "ON":
                text = "true";
                return Kind.Bool;
            case "false" or "False" or "FALSE" or "no" or "No" or "NO" or "off" or "Off" or "OFF":
                text = "false";
                return Kind.Bool;
            case ".nan" or ".NaN" or ".NAN" or ".inf" or ".Inf" or ".INF" or "+.inf" or "+.Inf" or "+.INF" or "-.inf" or "-.Inf" or "-.INF":
                throw new FormatException($"yaml: line {line}: json: unsupported value: {text}");
        }

        if (!char.IsAsciiDigit(text[0]) && text[0] is not ('+' or '-' or '.'))
            return Kind.Text;
        var plain = text.Replace("_", "", StringComparison.Ordinal);
        if (TryParseInteger(plain, out var integer))
        {
            text = integer.ToString(CultureInfo.InvariantCulture);
            return Kind.Integer;
        }

        if (IsFloat(plain) && double.TryParse(plain, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number))
        {
            text = Math.Abs(number) < 1e15 && Math.Floor(number) == number
                ? ((long)number).ToString(CultureInfo.InvariantCulture)
                : number.ToString("R", CultureInfo.InvariantCulture);
            return Kind.Float;
        }

        return Kind.Text;
    }

    // Go's ParseInt with base 0, up to what a uint64 holds.
    private static bool TryParseInteger(string plain, out BigInteger value)
    {
        value = default;
        var negative = plain.StartsWith('-');
        var digits = plain.StartsWith('+') || negative ? plain[1..] : plain;
        if (digits.Length is 0 or > 70 || !char.IsAsciiDigit(digits[0]))
            return false;
        var (radix, skip) = digits.Length < 2 || digits[0] != '0' ? (10, 0) : char.ToLowerInvariant(digits[1]) switch
        {
            'x' => (16, 2),
            'b' => (2, 2),
            'o' => (8, 2),
            _ => (8, 1),
        };
        if (skip == digits.Length)
            return false;
        foreach (var c in digits.AsSpan(skip))
        {
            var digit = char.IsAsciiHexDigit(c) ? System.Convert.ToInt32(c.ToString(), 16) : 16;
            if (digit >= radix)
                return false;
            value = (value * radix) + digit;
        }

        value = negative ? -value : value;
        return value >= long.MinValue && value <= ulong.MaxValue;
    }

    // ^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$
    private static bool IsFloat(string plain)
    {
        var at = plain.StartsWith('-') || plain.StartsWith('+') ? 1 : 0;
        var whole = Digits(plain, ref at);
        var fraction = 0;
        if (at < plain.Length && plain[at] == '.')
        {
            at++;
            fraction = Digits(plain, ref at);
        }

        if (whole == 0 && fraction == 0)
            return false;
        if (at < plain.Length && plain[at] is 'e' or 'E')
        {
            at++;
            if (at < plain.Length && plain[at] is '+' or '-')
                at++;
            if (Digits(plain, ref at) == 0)
                return false;
        }

        return at == plain.Length;
    }

    private static int Digits(string text, ref int at)
    {
        var start = at;
        while (at < text.Length && char.IsAsciiDigit(text[at]))
            at++;
        return at - start;
    }
}
