namespace CloudPlane.Schema;

internal enum LabelToken { End, Identifier, In, NotIn, Comma, DoesNotExist, Equals, DoubleEquals, NotEquals, Open, Close, GreaterThan, LessThan }

/// <summary>Splits a label selector's query form into tokens, as k8s.io/apimachinery/pkg/labels does.</summary>
internal static class LabelLexer
{
    public static List<(LabelToken Token, string Text)> Scan(string selector)
    {
        var tokens = new List<(LabelToken, string)>();
        var position = 0;
        while (true)
        {
            while (position < selector.Length && IsSpace(selector[position]))
                position++;
            // A NUL ends the text, as in Go's lexer.
            if (position >= selector.Length || selector[position] == '\0')
                break;
            var start = position;
            position = IsSpecial(selector[start]) ? start + SymbolLength(selector, start) : WordEnd(selector, start);
            var text = selector[start..position];
            tokens.Add((Classify(text), text));
        }

        tokens.Add((LabelToken.End, ""));
        return tokens;
    }

    private static int SymbolLength(string selector, int start) =>
        start + 1 < selector.Length && selector[start] is '=' or '!' && selector.AsSpan(start + 1).StartsWith("=") ? 2 : 1;

    private static int WordEnd(string selector, int start)
    {
        var end = start;
        while (end < selector.Length && selector[end] != '\0' && !IsSpace(selector[end]) && !IsSpecial(selector[end]))
            end++;
        return end;
    }

    private static LabelToken Classify(string text) => text switch
    {
        "in" => LabelToken.In,
        "notin" => LabelToken.NotIn,
        "," => LabelToken.Comma,
        "!" => LabelToken.DoesNotExist,
        "=" => LabelToken.Equals,
        "==" => LabelToken.DoubleEquals,
        "!=" => LabelToken.NotEquals,
        "(" => LabelToken.Open,
        ")" => LabelToken.Close,
        ">" => LabelToken.GreaterThan,
        "<" => LabelToken.LessThan,
        _ => LabelToken.Identifier,
    };

    private static bool IsSpace(char c) => c is ' ' or '\t' or '\r' or '\n';

    private static bool IsSpecial(char c) => c is '=' or '!' or '(' or ')' or ',' or '>' or '<';
}
