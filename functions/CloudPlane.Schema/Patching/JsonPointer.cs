namespace CloudPlane.Schema;

/// <summary>RFC 6901: the tokens of a JSON pointer, unescaped.</summary>
internal static class JsonPointer
{
    public static string[] Split(string pointer)
    {
        if (pointer.Length == 0)
            return [];
        var tokens = pointer.Split('/');
        // Like evanphx/json-patch, which API clients are written against: what stands before the first slash is not looked at.
        return [.. tokens.Skip(1).Select(t => t.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal))];
    }
}
