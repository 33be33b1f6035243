using System.Text.Json.Nodes;

namespace CloudPlane.Schema;

/// <summary>Affinity to pods and anti-affinity. The scheduler looks at the terms of every pod of a node, so a wrong one must not get that far.</summary>
internal static class PodAffinityValidation
{
    private const string Required = "requiredDuringSchedulingIgnoredDuringExecution";
    private const string Preferred = "preferredDuringSchedulingIgnoredDuringExecution";
    private const string InSelectorToo = "exists in both matchLabelKeys and labelSelector";

    public static void Validate(JsonObject spec, FieldPath path, FieldErrors errors)
    {
        foreach (var (affinity, own) in Kinds(spec, path))
        {
            foreach (var (weighted, i) in affinity.Items(Preferred))
            {
                if ((weighted.Number("weight") ?? 0) is <= 0 or > 100)
                    errors.Invalid(own.Child(Preferred).Index(i).Child("weight"), weighted.Number("weight") ?? 0, "must be in the range 1-100");
            }
        }

        foreach (var (term, own) in Terms(spec, path))
            Term(term, own, errors);
    }

    /// <summary>
    /// A new pod's value of each of the matchLabelKeys joins the labelSelector, which then must not have the key already. Of a template this is not
    /// known: Kubernetes takes it, and refuses its pods.
    /// </summary>
    public static void ValidateCreate(JsonObject spec, JsonObject? labels, FieldPath path, FieldErrors errors)
    {
        foreach (var (term, own) in Terms(spec, path))
        {
            var selector = term.Object("labelSelector");
            var used = MatchLabels(selector).Concat(MatchExpressions(selector)).ToHashSet();
            foreach (var (i, key) in term.Texts("matchLabelKeys").Index())
            {
                // The path is Kubernetes': the index in matchLabelKeys, but of the term.
                if (labels.Has(key) && !used.Add(key))
                    errors.Invalid(own.Index(i), key, InSelectorToo);
            }
        }
    }

    private static IEnumerable<(JsonObject Affinity, FieldPath Path)> Kinds(JsonObject spec, FieldPath path)
    {
        foreach (var kind in (string[])["podAffinity", "podAntiAffinity"])
        {
            if (spec.Object("affinity").Object(kind) is { } affinity)
                yield return (affinity, path.Child(kind));
        }
    }

    private static IEnumerable<(JsonObject Term, FieldPath Path)> Terms(JsonObject spec, FieldPath path)
    {
        foreach (var (affinity, own) in Kinds(spec, path))
        {
            foreach (var (term, i) in affinity.Items(Required))
                yield return (term, own.Child(Required).Index(i));
            foreach (var (weighted, i) in affinity.Items(Preferred))
                yield return (weighted.Object("podAffinityTerm") ?? [], own.Child(Preferred).Index(i).Child("podAffinityTerm"));
        }
    }

    private static void Term(JsonObject term, FieldPath path, FieldErrors errors)
    {
        SelectorValidation.Validate(term.Object("labelSelector"), path.Child("labelSelector"), errors);
        SelectorValidation.Validate(term.Object("namespaceSelector"), path.Child("namespaceSelector"), errors);
        foreach (var ns in term.Texts("namespaces"))
            errors.Invalid(path.Child("namespace"), ns, NameRules.Label(ns));
        var key = term.Text("topologyKey") ?? "";
        if (key.Length == 0)
            errors.Required(path.Child("topologyKey"), "can not be empty");
        LabelKeys(term, "matchLabelKeys", path, errors);
        LabelKeys(term, "mismatchLabelKeys", path, errors);
        Overlaps(term, path, errors);
        errors.Invalid(path.Child("topologyKey"), key, NameRules.QualifiedName(key));
    }

    private static void LabelKeys(JsonObject term, string name, FieldPath path, FieldErrors errors)
    {
        if (term.Array(name) is { Count: > 0 } && term.Object("labelSelector") is null)
        {
            errors.Forbidden(path.Child(name), "must not be specified when labelSelector is not set");
            return;
        }

        foreach (var (key, i) in term.Texts(name).Select((key, i) => (key, i)))
            errors.Invalid(path.Child(name).Index(i), key, NameRules.QualifiedName(key));
    }

    /// <summary>
    /// Of the matchLabelKeys a labelSelector may have each once, as pods do that Kubernetes has stored: what joined it. The mismatchLabelKeys may be
    /// in it as often as one likes: each narrows it down.
    /// </summary>
    private static void Overlaps(JsonObject term, FieldPath path, FieldErrors errors)
    {
        string[] keys = [.. term.Texts("matchLabelKeys")];
        var used = MatchLabels(term.Object("labelSelector")).ToHashSet();
        foreach (var key in MatchExpressions(term.Object("labelSelector")).Where(key => !used.Add(key) && keys.Contains(key)))
            errors.Invalid(path.Index(Array.LastIndexOf(keys, key)), key, InSelectorToo);
        foreach (var (i, key) in keys.Index())
        {
            if (term.Texts("mismatchLabelKeys").Contains(key))
                errors.Invalid(path.Child("matchLabelKeys").Index(i), key, "exists in both matchLabelKeys and mismatchLabelKeys");
        }
    }

    private static IEnumerable<string> MatchLabels(JsonObject? selector) => selector.Object("matchLabels")?.Select(label => label.Key) ?? [];

    private static IEnumerable<string> MatchExpressions(JsonObject? selector) =>
        selector.Items("matchExpressions").Select(requirement => requirement.Item.Text("key") ?? "");
}
