using System.Text.Json;
using System.Text.Json.Nodes;

namespace CloudPlane.Schema;

/// <summary>A label selector, from its query form or from a metav1.LabelSelector. Immutable.</summary>
public sealed class LabelSelector
{
    private LabelSelector(IEnumerable<LabelRequirement> requirements, bool nothing = false)
    {
        Requirements = [.. requirements.OrderBy(r => r.Key, StringComparer.Ordinal)];
        IsNothing = nothing;
    }

    /// <summary>Matches everything.</summary>
    public static LabelSelector Everything { get; } = new([]);

    /// <summary>Matches nothing.</summary>
    public static LabelSelector Nothing { get; } = new([], nothing: true);

    internal IReadOnlyList<LabelRequirement> Requirements { get; }

    /// <exception cref="FormatException">In the words of k8s.io/apimachinery/pkg/labels.</exception>
    public static LabelSelector Parse(string text)
    {
        var requirements = new LabelParser(text).Parse();
        return requirements.Count == 0 ? Everything : new LabelSelector(requirements);
    }

    /// <summary>From a metav1.LabelSelector: as in Kubernetes an absent one selects nothing, an empty one everything.</summary>
    /// <exception cref="FormatException">An unknown operator or a value that is no label value.</exception>
    public static LabelSelector FromObject(JsonObject? selector)
    {
        if (selector is null)
            return Nothing;
        var requirements = Labels(selector).Concat(Expressions(selector)).ToList();
        return requirements.Count == 0 ? Everything : new LabelSelector(requirements);
    }

    public bool IsEverything => Requirements.Count == 0 && !IsNothing;

    /// <summary>No object can match.</summary>
    public bool IsNothing { get; }

    public bool Matches(IReadOnlyDictionary<string, string> labels) =>
        !IsNothing && Requirements.All(r => labels.TryGetValue(r.Key, out var value) ? r.Matches(value) : r.MatchesAbsent);

    /// <summary>The canonical query form, as a Scale's status.selector carries it.</summary>
    public override string ToString() => string.Join(',', Requirements);

    private static IEnumerable<LabelRequirement> Labels(JsonObject selector) =>
        selector["matchLabels"] is JsonObject labels
            ? labels.Select(l => LabelRequirement.Create(l.Key, LabelOperator.Equals, [Text(l.Value, $"matchLabels[{l.Key}]")]))
            : [];

    private static IEnumerable<LabelRequirement> Expressions(JsonObject selector)
    {
        if (selector["matchExpressions"] is not JsonArray expressions)
            yield break;
        for (var i = 0; i < expressions.Count; i++)
        {
            var expression = expressions[i] as JsonObject ?? throw new FormatException($"matchExpressions[{i}] is not an object");
            var values = expression["values"] is JsonArray list ? list.Select(v => Text(v, $"matchExpressions[{i}].values")) : [];
            yield return LabelRequirement.Create(Text(expression["key"], $"matchExpressions[{i}].key"), Operator(expression["operator"]), values);
        }
    }

    private static LabelOperator Operator(JsonNode? op) => GoValue.Of(op) switch
    {
        "In" => LabelOperator.In,
        "NotIn" => LabelOperator.NotIn,
        "Exists" => LabelOperator.Exists,
        "DoesNotExist" => LabelOperator.DoesNotExist,
        var unknown => throw new FormatException($"{GoText.Quote(op is null ? "" : unknown)} is not a valid label selector operator"),
    };

    private static string Text(JsonNode? value, string where) =>
        value?.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : throw new FormatException($"{where} is not a string");
}
