using System.Text;

namespace CloudPlane.Storage;

/// <summary>
/// A key as one UTF-8 text that sorts as <see cref="ObjectKey"/> does: namespace, U+0001, name. The separator sorts before every
/// character that a namespace may hold.
/// </summary>
internal static class KeyCodec
{
    private const char Separator = '\u0001';

    /// <summary>Refuses what can't be stored, before it shares a transaction with others. The API's validation lets none of it through.</summary>
    public static void Check(Write write)
    {
        if (!IsNamespace(write.Key.Namespace) || write.Key.Name.Length == 0)
            throw new ArgumentException("A namespace holds no control characters, and a name is not empty.", nameof(write));
        if ((uint)write.Document.RevisionOffset > (uint)write.Document.Bytes.Length)
            throw new ArgumentException("The revision's place is outside the document.", nameof(write));
    }

    /// <summary>Whether anything can be stored under this namespace.</summary>
    public static bool IsNamespace(string ns) => ns.AsSpan().IndexOfAnyInRange('\0', Separator) < 0;

    public static byte[] Encode(ObjectKey key)
    {
        var encoded = new byte[Encoding.UTF8.GetByteCount(key.Namespace) + 1 + Encoding.UTF8.GetByteCount(key.Name)];
        var length = Encoding.UTF8.GetBytes(key.Namespace, encoded);
        encoded[length] = (byte)Separator;
        Encoding.UTF8.GetBytes(key.Name, encoded.AsSpan(length + 1));
        return encoded;
    }

    /// <summary>Smaller than every key of the namespace.</summary>
    public static byte[] LowerBound(string ns) => [.. Encoding.UTF8.GetBytes(ns), (byte)Separator];

    /// <summary>Greater than every key of the namespace, at most every other greater key.</summary>
    public static byte[] UpperBound(string ns) => [.. Encoding.UTF8.GetBytes(ns), (byte)Separator + 1];

    /// <summary>Decodes; <paramref name="neighbour"/>'s namespace is reused where it is the same, as it mostly is in a list.</summary>
    public static ObjectKey Decode(ReadOnlySpan<byte> encoded, ObjectKey neighbour)
    {
        var separator = encoded.IndexOf((byte)Separator);
        var ns = encoded[..separator];
        Span<char> characters = stackalloc char[64];
        var same = neighbour.Namespace is { } other && ns.Length <= characters.Length
            && characters[..Encoding.UTF8.GetChars(ns, characters)].SequenceEqual(other);
        return new(same ? neighbour.Namespace! : Encoding.UTF8.GetString(ns), Encoding.UTF8.GetString(encoded[(separator + 1)..]));
    }
}
