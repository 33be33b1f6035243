using System.Globalization;
using CloudPlane.Client;

namespace CloudPlane.Scheduling;

/// <summary>Matching of node selector terms.</summary>
internal static class NodeSelectorTerms
{
    /// <summary>All requirements must hold; an empty term matches no node.</summary>
    public static bool Matches(NodeSelectorTerm term, NodeView node)
    {
        if (term.MatchExpressions is not { Count: > 0 } && term.MatchFields is not { Count: > 0 }) return false;
        foreach (var requirement in term.MatchExpressions ?? [])
            if (!Matches(requirement, node.Labels?.GetValueOrDefault(requirement.Key ?? ""))) return false;
        foreach (var requirement in term.MatchFields ?? [])
            // metadata.name is the only field that the API admits here.
            if (!Matches(requirement, requirement.Key == "metadata.name" ? node.Name : null)) return false;
        return true;
    }

    private static bool Matches(NodeSelectorRequirement requirement, string? value) => requirement.Operator switch
    {
        "In" => value is not null && (requirement.Values ?? []).Contains(value),
        "NotIn" => value is null || !(requirement.Values ?? []).Contains(value),
        "Exists" => value is not null,
        "DoesNotExist" => value is null,
        "Gt" => Compare(value, requirement.Values) > 0,
        "Lt" => Compare(value, requirement.Values) < 0,
        _ => false,
    };

    /// <summary>0, which is neither more nor less, when one of them is no integer.</summary>
    private static int Compare(string? value, IReadOnlyList<string>? values) =>
        long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var left)
        && values is [var only] && long.TryParse(only, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var right)
            ? left.CompareTo(right)
            : 0;
}
