namespace CloudPlane.Storage;

/// <summary>
/// A cluster's table. Table names are letters and digits, at most 63, and case does not count; a cluster's name is a DNS label. A name
/// without dashes is itself after a "c". One with dashes is itself without them after a "d", and ends in eight digits of base 32 that say
/// where they were. So two clusters never share a table.
/// </summary>
internal static class TableName
{
    private const int MaxLabel = 40;
    private const string Digits = "0123456789abcdefghijklmnopqrstuv";

    /// <exception cref="ArgumentException">Not a DNS label of at most 40 characters.</exception>
    public static string Of(string prefix, string cluster)
    {
        if (!IsLabel(cluster))
            throw new ArgumentException($"\"{cluster}\" is no cluster's name: a DNS label of at most {MaxLabel} characters.", nameof(cluster));
        return cluster.Contains('-') ? $"{prefix}d{cluster.Replace("-", "")}{DashPositions(cluster)}" : $"{prefix}c{cluster}";
    }

    public static bool IsPrefix(string prefix) =>
        prefix.Length == 0 || prefix.Length <= 12 && char.IsAsciiLetter(prefix[0]) && prefix.All(char.IsAsciiLetterOrDigit);

    private static bool IsLabel(string name) => name.Length is > 0 and <= MaxLabel && name[0] != '-' && name[^1] != '-'
        && name.All(static c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-');

    private static string DashPositions(string cluster)
    {
        var positions = 0L;
        for (var i = 0; i < cluster.Length; i++)
            positions |= cluster[i] == '-' ? 1L << i : 0;
        return string.Create(8, positions, static (text, bits) =>
        {
            for (var i = text.Length - 1; i >= 0; i--, bits >>= 5)
                text[i] = Digits[(int)(bits & 31)];
        });
    }
}
