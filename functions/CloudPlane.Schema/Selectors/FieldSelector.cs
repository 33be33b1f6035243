using System.Text;
using System.Text.Json;

namespace CloudPlane.Schema;

/// <summary>A field selector (=, ==, != joined by commas, with backslash escapes). Immutable.</summary>
public sealed class FieldSelector
{
    private static readonly string[] Operators = ["!=", "==", "="];

    private FieldSelector(IReadOnlyList<FieldTerm> terms) => Terms = terms;

    public static FieldSelector Everything { get; } = new([]);

    internal IReadOnlyList<FieldTerm> Terms { get; }

    /// <summary>Checks the field labels against what the resource supports (metadata.name and metadata.namespace for all, more for some kinds).</summary>
    /// <exception cref="FormatException">Malformed, or <c>field label not supported: x</c>.</exception>
    public static FieldSelector Parse(ResourceType resource, string text)
    {
        var terms = new List<FieldTerm>();
        foreach (var part in Split(text).Where(p => p.Length > 0))
        {
            var (label, op, value) = SplitTerm(part) ?? throw new FormatException($"invalid selector: '{text}'; can't understand '{part}'");
            terms.Add(new FieldTerm(SelectableFields.Find(resource, label), Unescape(value), op == "!="));
        }

        return terms.Count == 0 ? Everything : new FieldSelector(terms);
    }

    public bool IsEverything => Terms.Count == 0;

    /// <summary>The name that a <c>metadata.name=x</c> term demands, or null: lets LIST and WATCH read one object.</summary>
    public string? RequiredName => Terms.FirstOrDefault(t => !t.Negated && t.Field.Path is ["metadata", "name"])?.Value;

    /// <summary>The value that a term of that label demands (e.g. a pod's <c>spec.nodeName</c>), or null: lets a replica use its index.</summary>
    public string? RequiredValue(string label) => Terms.FirstOrDefault(t => !t.Negated && string.Join('.', t.Field.Path) == label)?.Value;

    private static List<string> Split(string text)
    {
        var parts = new List<string>();
        var start = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\\')
                i++;
            else if (text[i] == ',')
            {
                parts.Add(text[start..i]);
                start = i + 1;
            }
        }

        parts.Add(text[start..]);
        return parts;
    }

    private static (string Label, string Operator, string Value)? SplitTerm(string term)
    {
        for (var i = 0; i < term.Length; i++)
        {
            foreach (var op in Operators)
            {
                if (term.AsSpan(i).StartsWith(op))
                    return (term[..i], op, term[(i + op.Length)..]);
            }
        }

        return null;
    }

    private static string Unescape(string value)
    {
        var result = new StringBuilder(value.Length);
        for (var i = 0; i < value.Length; i++)
        {
            if (value[i] is ',' or '=')
                throw new FormatException($"invalid field selector: unescaped character in value: {(int)value[i]}");
            if (value[i] == '\\')
            {
                i++;
                if (i == value.Length || value[i] is not ('\\' or ',' or '='))
                    throw new FormatException($"invalid field selector: invalid escape sequence: \\{(i == value.Length ? "" : value[i])}");
            }

            result.Append(value[i]);
        }

        return result.ToString();
    }
}

/// <summary>One term: the field's text must (not) equal the value.</summary>
internal sealed class FieldTerm(SelectableField target, string value, bool negated)
{
    private readonly byte[] _utf8 = Encoding.UTF8.GetBytes(value);

    public SelectableField Field => target;
    public string Value => value;
    public bool Negated => negated;
    public bool MatchesAbsent => value == target.Absent != negated;

    /// <summary>The same term on the field that is read when this one is empty; null when there is none.</summary>
    public FieldTerm? Fallback { get; } = target.Fallback is null ? null : new FieldTerm(target.Fallback, value, negated);

    public bool Matches(ref Utf8JsonReader reader) => TextEquals(ref reader) != negated;

    // Booleans and numbers compare by their text.
    private bool TextEquals(ref Utf8JsonReader reader) => reader.TokenType == JsonTokenType.String
        ? reader.ValueTextEquals(_utf8)
        : reader.ValueSpan.SequenceEqual(_utf8);
}
