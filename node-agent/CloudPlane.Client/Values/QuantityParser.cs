using System.Globalization;
using System.Numerics;

namespace CloudPlane.Client;

/// <summary>Reads quantities. What is finer than a nano is rounded away from zero, so that nothing is ever requested for free.</summary>
internal static class QuantityParser
{
    // Longer numbers are far beyond 2^63-1 or below a nano; they only cost time.
    private const int LongestText = 256;

    public static bool TryParse(ReadOnlySpan<char> text, out Quantity quantity)
    {
        quantity = default;
        if (text.Length is 0 or > LongestText) return false;
        var negative = text[0] == '-';
        if (text[0] is '-' or '+') text = text[1..];
        var length = text.IndexOfAnyExcept("0123456789.");
        var number = length < 0 ? text : text[..length];
        if (!TryReadSuffix(length < 0 ? [] : text[length..], out var exponent, out var twos, out var format)) return false;
        var dot = number.IndexOf('.');
        if (number.Length == 0 || (dot >= 0 && (number.Length == 1 || number[(dot + 1)..].Contains('.')))) return false;
        var nanos = Nanos(dot < 0 ? number : number[..dot], dot < 0 ? [] : number[(dot + 1)..], exponent, twos);
        quantity = new Quantity(negative ? -nanos : nanos, format);
        return true;
    }

    private static bool TryReadSuffix(ReadOnlySpan<char> suffix, out int exponent, out int twos, out QuantityFormat format)
    {
        (exponent, twos, format) = (0, 0, QuantityFormat.DecimalSI);
        if (suffix.Length > 1 && (suffix[0] is 'e' or 'E'))
        {
            if (suffix is "Ei")
            {
                (twos, format) = (60, QuantityFormat.BinarySI);
                return true;
            }
            format = QuantityFormat.DecimalExponent;
            return int.TryParse(suffix[1..], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out exponent);
        }
        var power = IndexOf(QuantitySuffixes.Decimal, suffix);
        if (power >= 0)
        {
            exponent = (power - 3) * 3;
            return true;
        }
        format = QuantityFormat.BinarySI;
        power = IndexOf(QuantitySuffixes.Binary, suffix);
        twos = power * 10;
        return power > 0;
    }

    private static int IndexOf(ReadOnlySpan<string> suffixes, ReadOnlySpan<char> suffix)
    {
        for (var i = 0; i < suffixes.Length; i++)
            if (suffix.SequenceEqual(suffixes[i])) return i;
        return -1;
    }

    private static Int128 Nanos(ReadOnlySpan<char> whole, ReadOnlySpan<char> fraction, int exponent, int twos)
    {
        var tens = 9 + exponent - fraction.Length;
        // The usual case fits into 128 bits: 18 digits, times at most 2^60 or 10^18.
        if (whole.Length + fraction.Length <= 18 && tens is >= -18 and <= 18 && (twos == 0 || tens <= 9))
        {
            Int128 value = (Digits(whole) * Power(fraction.Length)) + Digits(fraction);
            value *= (Int128)1 << twos;
            if (tens >= 0) return value <= Int128.MaxValue / Power(tens) ? value * Power(tens) : Int128.MaxValue / 2;
            var (quotient, rest) = Int128.DivRem(value, Power(-tens));
            return rest == 0 ? quotient : quotient + 1;
        }
        return SlowNanos(string.Concat(whole, fraction), tens, twos);
    }

    private static Int128 SlowNanos(string digits, int tens, int twos)
    {
        var value = BigInteger.Parse(digits, NumberStyles.None, CultureInfo.InvariantCulture) << twos;
        if (value.IsZero) return 0;
        // Beyond these the answer is the largest or the smallest quantity, whatever the digits.
        if (tens > 64) return Int128.MaxValue / 2;
        if (tens < -512) return 1;
        if (tens >= 0) value *= BigInteger.Pow(10, tens);
        else
        {
            value = BigInteger.DivRem(value, BigInteger.Pow(10, -tens), out var rest);
            if (!rest.IsZero) value++;
        }
        return (Int128)BigInteger.Min(value, (BigInteger)(Int128.MaxValue / 2));
    }

    private static Int128 Digits(ReadOnlySpan<char> digits) =>
        digits.Length == 0 ? 0 : long.Parse(digits, NumberStyles.None, CultureInfo.InvariantCulture);

    private static Int128 Power(int tens)
    {
        Int128 power = 1;
        for (; tens > 0; tens--) power *= 10;
        return power;
    }
}
