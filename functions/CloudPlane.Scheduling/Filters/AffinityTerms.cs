using CloudPlane.Client;

namespace CloudPlane.Scheduling;

/// <summary>Matching of pods against the terms of another pod's affinity.</summary>
internal static class AffinityTerms
{
    /// <summary>Whether <paramref name="term"/>, of <paramref name="owner"/>, means <paramref name="pod"/>.</summary>
    public static bool Means(PodAffinityTerm term, Pod owner, Pod pod, ReplicaSnapshot<Namespace> namespaces) =>
        MeansNamespace(term, owner, pod.Metadata.Namespace ?? "", namespaces)
        && LabelSelectors.Matches(term.LabelSelector, pod.Metadata.Labels)
        && SameValues(term.MatchLabelKeys, owner, pod, same: true)
        && SameValues(term.MismatchLabelKeys, owner, pod, same: false);

    // Without namespaces and selector: the owner's own. An empty selector means all, a null one none beyond the list.
    private static bool MeansNamespace(PodAffinityTerm term, Pod owner, string ns, ReplicaSnapshot<Namespace> namespaces)
    {
        if (term.Namespaces is not { Count: > 0 } && term.NamespaceSelector is null) return ns == owner.Metadata.Namespace;
        if (term.Namespaces?.Contains(ns) == true) return true;
        return term.NamespaceSelector is { } selector && LabelSelectors.Matches(selector, namespaces.Get("", ns)?.Metadata.Labels);
    }

    // Keys that the owner doesn't have are ignored (KEP-3633).
    private static bool SameValues(IReadOnlyList<string>? keys, Pod owner, Pod pod, bool same)
    {
        foreach (var key in keys ?? [])
            if (owner.Metadata.Labels?.GetValueOrDefault(key) is { } value && pod.Metadata.Labels?.GetValueOrDefault(key) == value != same) return false;
        return true;
    }
}
