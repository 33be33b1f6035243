namespace CloudPlane.Client;

/// <summary>Matching of labels against typed selectors.</summary>
public static class LabelSelectors
{
    /// <summary>metav1.LabelSelector: null selects nothing, an empty one everything.</summary>
    /// <exception cref="FormatException">A requirement has an unknown operator.</exception>
    public static bool Matches(LabelSelector? selector, IReadOnlyDictionary<string, string>? labels)
    {
        if (selector is null) return false;
        if (selector.MatchLabels is { } wanted && !ContainsAll(labels, wanted)) return false;
        foreach (var requirement in selector.MatchExpressions ?? [])
            if (!Matches(requirement, labels)) return false;
        return true;
    }

    /// <summary>A plain map, as a Service's or ReplicationController's selector: null or empty selects nothing.</summary>
    public static bool Matches(IReadOnlyDictionary<string, string>? selector, IReadOnlyDictionary<string, string>? labels) =>
        selector is { Count: > 0 } && ContainsAll(labels, selector);

    /// <summary>Whether the labels have each of the wanted ones.</summary>
    public static bool ContainsAll(IReadOnlyDictionary<string, string>? labels, IReadOnlyDictionary<string, string> wanted)
    {
        foreach (var (key, value) in wanted)
            if (labels is null || !labels.TryGetValue(key, out var actual) || actual != value) return false;
        return true;
    }

    private static bool Matches(LabelSelectorRequirement requirement, IReadOnlyDictionary<string, string>? labels)
    {
        var value = labels?.GetValueOrDefault(requirement.Key ?? "");
        return requirement.Operator switch
        {
            "In" => value is not null && (requirement.Values ?? []).Contains(value),
            // As in Kubernetes, an absent label is not in any set.
            "NotIn" => value is null || !(requirement.Values ?? []).Contains(value),
            "Exists" => value is not null,
            "DoesNotExist" => value is null,
            _ => throw new FormatException($"\"{requirement.Operator}\" is not a valid label selector operator"),
        };
    }
}
