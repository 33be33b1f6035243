namespace CloudPlane.Functions;

/// <summary>An authorization rule's name and its key, which is a secret.</summary>
internal sealed record SasKey(string Rule, string Key)
{
    /// <summary>Reads the form "ruleName:key"; the error does not repeat what was given.</summary>
    /// <exception cref="FormatException">The text has another form.</exception>
    public static SasKey Parse(string text)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon <= 0 || colon == text.Length - 1)
            throw new FormatException("a Service Bus key has the form ruleName:key");
        return new SasKey(text[..colon], text[(colon + 1)..]);
    }

    // A record would print its key.
    public override string ToString() => Rule;
}
