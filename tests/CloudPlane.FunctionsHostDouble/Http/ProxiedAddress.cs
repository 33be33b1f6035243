using System.Text;
using Microsoft.AspNetCore.Http;

namespace CloudPlane.Doubles;

/// <summary>The handler's address of a request: the path decoded by the host's server and encoded anew by its proxy, the query untouched.</summary>
internal static class ProxiedAddress
{
    // pchar of RFC 3986 and '/'; '%' is not among them, so "%2F", which the server leaves as it is, becomes "%252F".
    private const string Literal = "!$&'()*+,-./:;=@_~";

    private static readonly UriCreationOptions AsIs = new() { DangerousDisablePathAndQueryCanonicalization = true };

    public static Uri Of(Uri handler, HttpRequest request) =>
        new($"{handler.GetLeftPart(UriPartial.Authority)}{Encode(request.Path.Value ?? "/")}{request.QueryString.Value}", AsIs);

    private static string Encode(string path)
    {
        var text = new StringBuilder(path.Length);
        foreach (var rune in path.EnumerateRunes())
        {
            if (rune.IsAscii && (char.IsAsciiLetterOrDigit((char)rune.Value) || Literal.Contains((char)rune.Value)))
                text.Append((char)rune.Value);
            else
                text.Append(Uri.EscapeDataString(rune.ToString()));
        }

        return text.ToString();
    }
}
