namespace CloudPlane.Client;

/// <summary>The suffixes of quantities by power: 1000^(i-3) and 1024^i.</summary>
internal static class QuantitySuffixes
{
    public static ReadOnlySpan<string> Decimal => DecimalSuffixes;

    public static ReadOnlySpan<string> Binary => BinarySuffixes;

    private static readonly string[] DecimalSuffixes = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"];
    private static readonly string[] BinarySuffixes = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
}
