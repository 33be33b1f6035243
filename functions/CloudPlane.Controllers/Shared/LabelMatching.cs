using CloudPlane.Client;

namespace CloudPlane.Controllers;

internal static class LabelMatching
{
    private static readonly IReadOnlyDictionary<string, string> None = new Dictionary<string, string>();

    /// <summary>metav1.LabelSelector semantics: a null selector matches nothing, an empty one everything.</summary>
    public static bool Matches(this LabelSelector? selector, IReadOnlyDictionary<string, string>? labels)
    {
        if (selector is null)
        {
            return false;
        }
        labels ??= None;
        return (selector.MatchLabels ?? None).All(wanted => labels.TryGetValue(wanted.Key, out var value) && value == wanted.Value)
            && (selector.MatchExpressions ?? []).All(expression => Matches(expression, labels));
    }

    /// <summary>A Service's selector: every pair must be there; no pairs select nothing.</summary>
    public static bool SelectsLabels(this IReadOnlyDictionary<string, string>? selector, IReadOnlyDictionary<string, string>? labels) =>
        selector is { Count: > 0 } && selector.All(wanted => (labels ?? None).TryGetValue(wanted.Key, out var value) && value == wanted.Value);

    private static bool Matches(LabelSelectorRequirement expression, IReadOnlyDictionary<string, string> labels)
    {
        var present = labels.TryGetValue(expression.Key ?? "", out var value);
        return expression.Operator switch
        {
            "In" => present && (expression.Values ?? []).Contains(value),
            "NotIn" => !present || !(expression.Values ?? []).Contains(value),
            "Exists" => present,
            "DoesNotExist" => !present,
            // Validation admits no other operator; one that slipped through must not select somebody else's pods.
            _ => false,
        };
    }
}
