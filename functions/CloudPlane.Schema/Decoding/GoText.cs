using System.Globalization;
using System.Text;

namespace CloudPlane.Schema;

/// <summary>Text as Go's fmt writes it.</summary>
internal static class GoText
{
    /// <summary>%q: double quotes, backslash escapes, what is not printable as \x, \u or \U.</summary>
    public static string Quote(string text)
    {
        var quoted = new StringBuilder(text.Length + 2).Append('"');
        foreach (var rune in text.EnumerateRunes())
            AppendEscaped(quoted, rune);
        return quoted.Append('"').ToString();
    }

    private static void AppendEscaped(StringBuilder quoted, Rune rune)
    {
        switch (rune.Value)
        {
            case '"' or '\\':
                quoted.Append('\\').Append((char)rune.Value);
                break;
            case '\a':
                quoted.Append("\\a");
                break;
            case '\b':
                quoted.Append("\\b");
                break;
            case '\f':
                quoted.Append("\\f");
                break;
            case '\n':
                quoted.Append("\\n");
                break;
            case '\r':
                quoted.Append("\\r");
                break;
            case '\t':
                quoted.Append("\\t");
                break;
            case '\v':
                quoted.Append("\\v");
                break;
            default:
                AppendPrintable(quoted, rune);
                break;
        }
    }

    private static void AppendPrintable(StringBuilder quoted, Rune rune)
    {
        if (rune.Value == ' ' || !IsUnprintable(Rune.GetUnicodeCategory(rune)))
            quoted.Append(rune.ToString());
        else if (rune.Value < 0x80)
            quoted.Append(CultureInfo.InvariantCulture, $"\\x{rune.Value:x2}");
        else if (rune.Value < 0x10000)
            quoted.Append(CultureInfo.InvariantCulture, $"\\u{rune.Value:x4}");
        else
            quoted.Append(CultureInfo.InvariantCulture, $"\\U{rune.Value:x8}");
    }

    private static bool IsUnprintable(UnicodeCategory category) => category
        is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse
        or UnicodeCategory.OtherNotAssigned or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.SpaceSeparator;
}
