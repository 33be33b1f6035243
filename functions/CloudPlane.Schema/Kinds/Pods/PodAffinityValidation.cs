using System.Text.Json.Nodes;

namespace CloudPlane.Schema;

/// <summary>Affinity to pods and anti-affinity. The scheduler looks at the terms of every pod of a node, so a wrong one must not get that far.</summary>
internal static class PodAffinityValidation
{
    public static void Validate(JsonObject spec, FieldPath path, FieldErrors errors)
    {
        foreach (var kind in (string[])["podAffinity", "podAntiAffinity"])
        {
            var (affinity, own) = (spec.Object("affinity").Object(kind), path.Child(kind));
            var required = own.Child("requiredDuringSchedulingIgnoredDuringExecution");
            foreach (var (term, i) in affinity.Items("requiredDuringSchedulingIgnoredDuringExecution"))
                Term(term, required.Index(i), errors);
            foreach (var (weighted, i) in affinity.Items("preferredDuringSchedulingIgnoredDuringExecution"))
            {
                var at = own.Child("preferredDuringSchedulingIgnoredDuringExecution").Index(i);
                if ((weighted.Number("weight") ?? 0) is <= 0 or > 100)
                    errors.Invalid(at.Child("weight"), weighted.Number("weight") ?? 0, "must be in the range 1-100");
                Term(weighted.Object("podAffinityTerm") ?? [], at.Child("podAffinityTerm"), errors);
            }
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
}
