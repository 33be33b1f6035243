using System.Globalization;
using System.Numerics;

namespace CloudPlane.Schema;

/// <summary>A resource.Quantity: a number of nano-units and the notation it was written in. Immutable.</summary>
internal readonly struct Quantity : IComparable<Quantity>
{
    private const string PatternError = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
    private const string NumericError = "unable to parse numeric part of quantity";
    private const string SuffixError = "unable to parse quantity's suffix";
    private const string DecimalSuffixes = "num kMGTPE";
    private const string BinarySuffixes = " KMGTPE";

    // Longer ones can only be an attack: the value is capped at 2^63-1 and rounded at 10^-9.
    private const int MaxDigits = 256;

    private readonly BigInteger _nanos;
    private readonly Notation _notation;

    private Quantity(BigInteger nanos, Notation notation) => (_nanos, _notation) = (nanos, notation);

    private enum Notation { Decimal, Binary, Exponent }

    public int Sign => _nanos.Sign;

    /// <summary>A whole number of units, as counts of devices must be.</summary>
    public bool IsInteger => (_nanos % BigInteger.Pow(10, 9)).IsZero;

    public int CompareTo(Quantity other) => _nanos.CompareTo(other._nanos);

    /// <summary>On failure <paramref name="error"/> is what Go's ParseQuantity says.</summary>
    public static bool TryParse(string text, out Quantity quantity, out string error)
    {
        quantity = default;
        error = PatternError;
        var digits = 0;
        var start = text.Length > 0 && text[0] is '+' or '-' ? 1 : 0;
        while (start + digits < text.Length && (char.IsAsciiDigit(text[start + digits]) || text[start + digits] == '.'))
            digits++;
        if (text.Length == 0 || !IsSuffix(text.AsSpan(start + digits)) || (digits == 0 && start + digits == text.Length))
            return false;

        error = NumericError;
        if (!TryParseNumber(text.AsSpan(start, digits), out var mantissa, out var decimals))
            return false;
        error = SuffixError;
        if (!TryParseSuffix(text.AsSpan(start + digits), out var notation, out var power))
            return false;

        var nanos = Scale(mantissa, notation, power, decimals);
        quantity = new Quantity(text[0] == '-' ? -nanos : nanos, notation);
        return true;
    }

    /// <summary>The canonical form: no fraction, the largest suffix that keeps the number whole.</summary>
    public override string ToString()
    {
        var unit = BigInteger.Pow(10, 9);
        if (_notation == Notation.Binary && BigInteger.Abs(_nanos) >= 1024 * unit && IsInteger)
            return Reduce(_nanos / unit, 1024, BinarySuffixes.Length - 1, out var steps) + (steps == 0 ? "" : $"{BinarySuffixes[steps]}i");
        if (_nanos.IsZero)
            return "0";
        var number = Reduce(_nanos, 1000, _notation == Notation.Exponent ? int.MaxValue : DecimalSuffixes.Length - 1, out var thousands);
        if (_notation == Notation.Exponent)
            return thousands == 3 ? $"{number}" : string.Create(CultureInfo.InvariantCulture, $"{number}e{(thousands - 3) * 3}");
        return thousands == 3 ? $"{number}" : $"{number}{DecimalSuffixes[thousands]}";
    }

    private static BigInteger Reduce(BigInteger number, int by, int limit, out int steps)
    {
        for (steps = 0; steps < limit; steps++)
        {
            var quotient = BigInteger.DivRem(number, by, out var rest);
            if (!rest.IsZero)
                break;
            number = quotient;
        }

        return number;
    }

    private static bool IsSuffix(ReadOnlySpan<char> suffix)
    {
        var i = 0;
        while (i < suffix.Length && "eEinumkKMGTP".Contains(suffix[i]))
            i++;
        if (i < suffix.Length && suffix[i] is '+' or '-')
            i++;
        return suffix[i..].IndexOfAnyExceptInRange('0', '9') < 0;
    }

    private static bool TryParseNumber(ReadOnlySpan<char> text, out BigInteger mantissa, out int decimals)
    {
        mantissa = default;
        decimals = 0;
        var point = text.IndexOf('.');
        if (text.IsEmpty || text is "." || (point >= 0 && text[(point + 1)..].Contains('.')) || text.Length > MaxDigits)
            return false;
        decimals = point < 0 ? 0 : text.Length - point - 1;
        var digits = point < 0 ? text.ToString() : string.Concat(text[..point], text[(point + 1)..]);
        return BigInteger.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out mantissa);
    }

    // power: of ten for decimal and exponent notation, of 1024 for binary.
    private static bool TryParseSuffix(ReadOnlySpan<char> suffix, out Notation notation, out int power)
    {
        (notation, power) = (Notation.Decimal, 0);
        if (suffix.IsEmpty)
            return true;
        if (suffix.Length == 1 && suffix[0] != ' ' && DecimalSuffixes.IndexOf(suffix[0]) is >= 0 and var decimalIndex)
        {
            power = (decimalIndex - 3) * 3;
            return true;
        }

        if (suffix.Length == 2 && suffix[1] == 'i' && suffix[0] != ' ' && BinarySuffixes.IndexOf(suffix[0]) is > 0 and var binaryIndex)
        {
            (notation, power) = (Notation.Binary, binaryIndex);
            return true;
        }

        notation = Notation.Exponent;
        return suffix.Length > 1 && suffix[0] is 'e' or 'E'
            && int.TryParse(suffix[1..], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out power);
    }

    // Rounds up at 10^-9 and caps at 2^63-1, as Go's Quantity does: whoever asks for some gets some.
    private static BigInteger Scale(BigInteger mantissa, Notation notation, int power, int decimals)
    {
        var max = long.MaxValue * BigInteger.Pow(10, 9);
        if (mantissa.IsZero)
            return mantissa;
        var exponent = Math.Clamp((long)(notation == Notation.Binary ? 0 : power) - decimals + 9, -1000, 1000);
        if (notation == Notation.Binary)
            mantissa *= BigInteger.Pow(1024, power);
        if (exponent >= 0)
            return BigInteger.Min(mantissa * BigInteger.Pow(10, (int)exponent), max);
        var scaled = BigInteger.DivRem(mantissa, BigInteger.Pow(10, (int)-exponent), out var rest);
        return BigInteger.Min(rest.IsZero ? scaled : scaled + 1, max);
    }
}
