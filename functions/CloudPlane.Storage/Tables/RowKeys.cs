using System.Globalization;
using System.Text;

namespace CloudPlane.Storage;

/// <summary>
/// The keys of a cluster's table. PartitionKey: the resource, '/' as '!'. RowKey: <c>head</c>, <c>swept</c>, <c>o!NAMESPACE!NAME</c>,
/// <c>l!REVISION</c>. The service orders keys by their UTF-16 units, and '!' comes before every other character that occurs, so objects are in
/// the order of <see cref="ObjectKey"/>.
/// </summary>
/// <remarks>
/// Keys refuse <c>/ \ # ?</c> and control characters, and some readers trip over <c>% ' { }</c>. So a UTF-8 byte that is not one of
/// <c>- . 0-9 A-Z _ a-z</c> is written as the greatest of those below it ('$' when there is none), '~', and two hexadecimal digits: that
/// sorts right, as '~' comes after whatever else may follow there, and means one thing only.
/// </remarks>
internal static class RowKeys
{
    public const string Head = "head";
    public const string Swept = "swept";

    /// <summary>The partition whose rows name the others. No resource is written like that.</summary>
    public const string PartitionsPartition = "$partitions";

    /// <summary>Sorts before each object's key.</summary>
    public const string FirstObject = "o!";

    /// <summary>Sorts after each object's key.</summary>
    public const string AfterObjects = "o~";

    // 1 KiB of UTF-16.
    private const int MaxLength = 512;
    private const string Literals = "-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz";

    public static string Partition(string resource) => string.Join('!', resource.Split('/').Select(Escape));

    public static string Resource(string partitionKey) => string.Join('/', partitionKey.Split('!').Select(Unescape));

    public static string Object(ObjectKey key) => $"o!{Escape(key.Namespace)}!{Escape(key.Name)}";

    public static ObjectKey ParseObject(string rowKey)
    {
        var separator = rowKey.IndexOf('!', 2);
        return new(Unescape(rowKey[2..separator]), Unescape(rowKey[(separator + 1)..]));
    }

    /// <summary>Sorts before the keys of the namespace's objects.</summary>
    public static string FirstOf(string ns) => $"o!{Escape(ns)}!";

    /// <summary>Sorts after the keys of the namespace's objects, and before all greater ones.</summary>
    public static string AfterNamespace(string ns) => $"o!{Escape(ns)}\"";

    /// <summary>Sorts after this key, and before all others that do: no character that occurs comes before '!'.</summary>
    public static string After(string rowKey) => $"{rowKey}!";

    public static string Log(long revision) => string.Create(CultureInfo.InvariantCulture, $"l!{revision:D19}");

    public static long ParseLog(string rowKey) => long.Parse(rowKey.AsSpan(2), CultureInfo.InvariantCulture);

    public static bool Fits(string key) => key.Length is > 0 and <= MaxLength;

    private static string Escape(string text)
    {
        if (text.All(static c => Literals.Contains(c)))
            return text;
        var escaped = new StringBuilder();
        foreach (var b in Encoding.UTF8.GetBytes(text))
        {
            if (Literals.Contains((char)b))
                escaped.Append((char)b);
            else
                escaped.Append(LiteralBelow(b)).Append('~').Append(CultureInfo.InvariantCulture, $"{b:X2}");
        }
        return escaped.ToString();
    }

    private static char LiteralBelow(byte b)
    {
        var below = '$';
        foreach (var literal in Literals)
            below = literal < b ? literal : below;
        return below;
    }

    private static string Unescape(string escaped)
    {
        if (!escaped.Contains('~'))
            return escaped;
        var bytes = new List<byte>(escaped.Length);
        for (var i = 0; i < escaped.Length; i++)
        {
            if (i + 3 < escaped.Length && escaped[i + 1] == '~')
            {
                bytes.Add(byte.Parse(escaped.AsSpan(i + 2, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture));
                i += 3;
            }
            else
                bytes.Add((byte)escaped[i]);
        }
        return Encoding.UTF8.GetString([.. bytes]);
    }
}
