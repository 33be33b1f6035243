namespace CloudPlane.Storage;

/// <summary>A storage account's name and shared key: for Azurite, and for accounts that still allow keys. The key never shows in text.</summary>
public sealed class TablesAccountKey
{
    private TablesAccountKey(string account, byte[] key) => (Account, Key) = (account, key);

    /// <summary>The account's name.</summary>
    public string Account { get; }

    internal byte[] Key { get; }

    /// <summary>Reads <c>account:base64key</c>.</summary>
    /// <exception cref="FormatException">It isn't that; the message does not repeat it.</exception>
    public static TablesAccountKey Parse(string text)
    {
        var colon = text.IndexOf(':');
        var key = new byte[text.Length];
        if (colon < 1 || !Convert.TryFromBase64String(text[(colon + 1)..], key, out var length) || length == 0)
            throw new FormatException("not of the form account:base64key");
        return new(text[..colon], key[..length]);
    }
}
