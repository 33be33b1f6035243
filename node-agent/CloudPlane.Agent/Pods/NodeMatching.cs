using System.Globalization;
using CloudPlane.Client;

namespace CloudPlane.Agent;

/// <summary>Whether a pod's nodeSelector, required node affinity and tolerations fit a node.</summary>
internal static class NodeMatching
{
    public static bool Matches(Pod pod, Node node)
    {
        var labels = node.Metadata.Labels ?? new Dictionary<string, string>();
        foreach (var (key, value) in pod.Spec?.NodeSelector ?? new Dictionary<string, string>())
            if (!labels.TryGetValue(key, out var actual) || actual != value) return false;
        var required = pod.Spec?.Affinity?.NodeAffinity?.RequiredDuringSchedulingIgnoredDuringExecution;
        return required?.NodeSelectorTerms is not { } terms || terms.Any(t => Matches(t, labels, node.Metadata.Name ?? ""));
    }

    public static bool UntoleratedNoExecute(Pod pod, Node node) =>
        (node.Spec?.Taints ?? []).Any(t => t.Effect == "NoExecute" && !(pod.Spec?.Tolerations ?? []).Any(o => Tolerates(o, t)));

    private static bool Matches(NodeSelectorTerm term, IReadOnlyDictionary<string, string> labels, string name)
    {
        // A term without requirements matches nothing.
        if (term.MatchExpressions is not { Count: > 0 } && term.MatchFields is not { Count: > 0 }) return false;
        return (term.MatchExpressions ?? []).All(r => Matches(r, labels.TryGetValue(r.Key ?? "", out var value) ? value : null)) &&
            (term.MatchFields ?? []).All(r => r.Key == "metadata.name" && Matches(r, name));
    }

    private static bool Matches(NodeSelectorRequirement requirement, string? value) => requirement.Operator switch
    {
        "In" => value is not null && requirement.Values?.Contains(value) == true,
        "NotIn" => value is null || requirement.Values?.Contains(value) != true,
        "Exists" => value is not null,
        "DoesNotExist" => value is null,
        "Gt" => Compare(requirement, value) > 0,
        "Lt" => Compare(requirement, value) < 0,
        _ => false,
    };

    private static int Compare(NodeSelectorRequirement requirement, string? value) =>
        long.TryParse(value, NumberStyles.Integer, CultureInfo.InvariantCulture, out var actual) &&
        requirement.Values is [var text] && long.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out var limit)
            ? actual.CompareTo(limit) : 0;

    private static bool Tolerates(Toleration toleration, Taint taint) =>
        (string.IsNullOrEmpty(toleration.Effect) || toleration.Effect == taint.Effect) &&
        (string.IsNullOrEmpty(toleration.Key) ? toleration.Operator == "Exists" : toleration.Key == taint.Key) &&
        (toleration.Operator == "Exists" || (toleration.Value ?? "") == (taint.Value ?? ""));
}
