namespace CloudPlane.Schema;

/// <summary>Standard base64 as Go decodes a []byte: line breaks are skipped, padding is demanded.</summary>
internal static class GoBase64
{
    /// <summary>The text as Go would encode it again, or null and the position that Go calls illegal.</summary>
    public static (string? Canonical, int CorruptAt) Check(string text)
    {
        var digits = 0;
        var padding = 0;
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (c is '\r' or '\n')
                continue;
            if (c == '=' && digits % 4 >= 2 && padding < 4 - (digits % 4))
                padding++;
            else if (padding > 0 || !(char.IsAsciiLetterOrDigit(c) || c is '+' or '/'))
                return (null, i);
            else
                digits++;
        }

        if ((digits + padding) % 4 != 0)
            return (null, text.Length);
        var plain = text.AsSpan().ContainsAny('\r', '\n') ? text.Replace("\r", "", StringComparison.Ordinal).Replace("\n", "", StringComparison.Ordinal) : text;
        // Leftover bits in the last digit are dropped by both decoders; encoding again makes them zero.
        return (padding == 0 ? plain : Convert.ToBase64String(Convert.FromBase64String(plain)), 0);
    }
}
