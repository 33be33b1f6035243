using System.Text.Json.Nodes;

namespace CloudPlane.Schema;

internal static class NodeAffinityValidation
{
    public static void Validate(JsonObject spec, FieldPath path, FieldErrors errors)
    {
        if (spec.Object("affinity").Object("nodeAffinity") is not { } affinity)
            return;
        var own = path.Child("nodeAffinity");
        if (affinity.Object("requiredDuringSchedulingIgnoredDuringExecution") is { } required)
        {
            var terms = own.Child("requiredDuringSchedulingIgnoredDuringExecution").Child("nodeSelectorTerms");
            if (required.Array("nodeSelectorTerms") is null or { Count: 0 })
                errors.Required(terms, "must have at least one node selector term");
            foreach (var (term, i) in required.Items("nodeSelectorTerms"))
                Term(term, terms.Index(i), errors);
        }

        foreach (var (preferred, i) in affinity.Items("preferredDuringSchedulingIgnoredDuringExecution"))
        {
            var at = own.Child("preferredDuringSchedulingIgnoredDuringExecution").Index(i);
            if ((preferred.Number("weight") ?? 0) is <= 0 or > 100)
                errors.Invalid(at.Child("weight"), preferred.Number("weight") ?? 0, "must be in the range 1-100");
            if (preferred.Object("preference") is { } preference)
                Term(preference, at.Child("preference"), errors);
        }
    }

    private static void Term(JsonObject term, FieldPath path, FieldErrors errors)
    {
        foreach (var (requirement, i) in term.Items("matchExpressions"))
        {
            var own = path.Child("matchExpressions").Index(i);
            var values = requirement.Array("values")?.Count ?? 0;
            switch (requirement.Text("operator"))
            {
                case "In" or "NotIn" when values == 0:
                    errors.Required(own.Child("values"), "must be specified when `operator` is 'In' or 'NotIn'");
                    break;
                case "Exists" or "DoesNotExist" when values > 0:
                    errors.Forbidden(own.Child("values"), "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
                    break;
                case "Gt" or "Lt" when values != 1:
                    errors.Required(own.Child("values"), "must be specified single value when `operator` is 'Lt' or 'Gt'");
                    break;
            }

            var key = requirement.Text("key") ?? "";
            errors.Invalid(own.Child("key"), key, NameRules.QualifiedName(key));
        }

        foreach (var (requirement, i) in term.Items("matchFields"))
            Field(requirement, path.Child("matchFields").Index(i), errors);
    }

    // The only field is the node's name, and it is compared with one value.
    private static void Field(JsonObject requirement, FieldPath path, FieldErrors errors)
    {
        if (requirement.Text("operator") is not ("In" or "NotIn"))
            errors.Invalid(path.Child("operator"), requirement.Text("operator") ?? "", "not a valid selector operator");
        else if (requirement.Array("values") is not { Count: 1 })
            errors.Required(path.Child("values"), "must be only one value when `operator` is 'In' or 'NotIn' for node field selector");

        if (requirement.Text("key") is not "metadata.name")
        {
            errors.Invalid(path.Child("key"), requirement.Text("key") ?? "", "not a valid field selector key");
            return;
        }

        foreach (var (name, i) in requirement.Texts("values").Select((name, i) => (name, i)))
            errors.Invalid(path.Child("values").Index(i), name, NameRules.Subdomain(name));
    }
}
