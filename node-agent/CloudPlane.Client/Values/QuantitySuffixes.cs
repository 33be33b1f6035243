namespace CloudPlane.Client;

/// <summary>The suffixes of quantities by power: 1000^(i-3) and 1024^i.</summary>
internal static class QuantitySuffixes
{
    public static ReadOnlySpan<string> Decimal => _decimal;

    public static ReadOnlySpan<string> Binary => _binary;

    private static readonly string[] _decimal = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"];
    private static readonly string[] _binary = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
}
