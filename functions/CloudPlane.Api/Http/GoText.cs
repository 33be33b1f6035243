using System.Text;

namespace CloudPlane.Api;

/// <summary>Text as Go's fmt writes it in the API server's messages.</summary>
internal static class GoText
{
    /// <summary>%q.</summary>
    public static string Quote(string text)
    {
        var quoted = new StringBuilder(text.Length + 2).Append('"');
        foreach (var c in text)
        {
            _ = c switch
            {
                '"' => quoted.Append("\\\""),
                '\\' => quoted.Append("\\\\"),
                '\n' => quoted.Append("\\n"),
                '\r' => quoted.Append("\\r"),
                '\t' => quoted.Append("\\t"),
                < ' ' or '\x7f' => quoted.Append("\\x").Append(((int)c).ToString("x2")),
                _ => quoted.Append(c),
            };
        }

        return quoted.Append('"').ToString();
    }
}
