using System.Globalization;

namespace CloudPlane.Client;

/// <summary>How a quantity is written.</summary>
public enum QuantityFormat
{
    /// <summary>500m, 2, 4k, 1M.</summary>
    DecimalSI,

    /// <summary>64Mi, 2Gi.</summary>
    BinarySI,

    /// <summary>12e6.</summary>
    DecimalExponent,
}

/// <summary>
/// A resource quantity: exact to the nano, at most 2^63-1 in magnitude, as Kubernetes' resource.Quantity
/// (https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/). Compares by value.
/// </summary>
public readonly struct Quantity : IComparable<Quantity>, IEquatable<Quantity>
{
    internal const long NanosPerUnit = 1_000_000_000;

    private readonly Int128 _nanos;

    internal Quantity(Int128 nanos, QuantityFormat format)
    {
        var limit = (Int128)long.MaxValue * NanosPerUnit;
        _nanos = Int128.Clamp(nanos, -limit, limit);
        Format = format;
    }

    public static Quantity Zero => default;

    /// <summary>How it was written, and is written back.</summary>
    public QuantityFormat Format { get; }

    public bool IsZero => _nanos == 0;

    public bool IsNegative => _nanos < 0;

    /// <summary>In whole units (bytes, pods), rounded up.</summary>
    public long Value => ScaledUp(NanosPerUnit);

    /// <summary>In thousandths (millicores), rounded up; at most <see cref="long.MaxValue"/>.</summary>
    public long MilliValue => ScaledUp(NanosPerUnit / 1000);

    public static Quantity FromUnits(long units, QuantityFormat format = QuantityFormat.DecimalSI) => new((Int128)units * NanosPerUnit, format);

    public static Quantity FromMilli(long milli, QuantityFormat format = QuantityFormat.DecimalSI) => new((Int128)milli * (NanosPerUnit / 1000), format);

    /// <exception cref="FormatException">It is no quantity.</exception>
    public static Quantity Parse(string text) =>
        TryParse(text, out var quantity) ? quantity : throw new FormatException(
            $"\"{text}\": quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'");

    public static bool TryParse(ReadOnlySpan<char> text, out Quantity quantity) => QuantityParser.TryParse(text, out quantity);

    public static Quantity operator +(Quantity a, Quantity b) => new(a._nanos + b._nanos, a.IsZero ? b.Format : a.Format);

    public static Quantity operator -(Quantity a, Quantity b) => new(a._nanos - b._nanos, a.IsZero ? b.Format : a.Format);

    public static bool operator <(Quantity a, Quantity b) => a._nanos < b._nanos;

    public static bool operator >(Quantity a, Quantity b) => a._nanos > b._nanos;

    public static bool operator <=(Quantity a, Quantity b) => a._nanos <= b._nanos;

    public static bool operator >=(Quantity a, Quantity b) => a._nanos >= b._nanos;

    public static bool operator ==(Quantity a, Quantity b) => a._nanos == b._nanos;

    public static bool operator !=(Quantity a, Quantity b) => a._nanos != b._nanos;

    public static Quantity Max(Quantity a, Quantity b) => a >= b ? a : b;

    public int CompareTo(Quantity other) => _nanos.CompareTo(other._nanos);

    public bool Equals(Quantity other) => _nanos == other._nanos;

    public override bool Equals(object? obj) => obj is Quantity other && Equals(other);

    public override int GetHashCode() => _nanos.GetHashCode();

    /// <summary>The canonical form: no fraction, and the largest suffix that loses nothing.</summary>
    public override string ToString()
    {
        if (_nanos == 0) return "0";
        // As Kubernetes: binary suffixes only for whole numbers of at least 1024.
        var binary = Format == QuantityFormat.BinarySI && _nanos % NanosPerUnit == 0 && Int128.Abs(_nanos) >= (Int128)1024 * NanosPerUnit;
        return binary ? BinaryText() : DecimalText();
    }

    private string BinaryText()
    {
        var (value, power) = (_nanos / NanosPerUnit, 0);
        for (; power < 6 && value % 1024 == 0; power++) value /= 1024;
        return value.ToString(CultureInfo.InvariantCulture) + QuantitySuffixes.Binary[power];
    }

    private string DecimalText()
    {
        var (value, power) = (_nanos, 0);
        for (; power < 9 && value % 1000 == 0; power++) value /= 1000;
        var digits = value.ToString(CultureInfo.InvariantCulture);
        if (Format != QuantityFormat.DecimalExponent) return digits + QuantitySuffixes.Decimal[power];
        var exponent = (power - 3) * 3;
        return exponent == 0 ? digits : string.Create(CultureInfo.InvariantCulture, $"{digits}e{exponent}");
    }

    private long ScaledUp(long nanosPerPart)
    {
        var (whole, rest) = Int128.DivRem(_nanos, nanosPerPart);
        if (rest > 0) whole++;
        return (long)Int128.Clamp(whole, -long.MaxValue, long.MaxValue);
    }
}
