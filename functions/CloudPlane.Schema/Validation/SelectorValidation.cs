using System.Text.Json.Nodes;

namespace CloudPlane.Schema;

/// <summary>A metav1.LabelSelector: whether it is well-formed, and what it selects.</summary>
internal static class SelectorValidation
{
    public static void Validate(JsonObject? selector, FieldPath path, FieldErrors errors)
    {
        MetadataValidation.Labels(selector.Object("matchLabels"), path.Child("matchLabels"), errors);
        foreach (var (requirement, i) in selector.Items("matchExpressions"))
            Requirement(requirement, path.Child("matchExpressions").Index(i), errors);
    }

    public static bool IsEmpty(JsonObject? selector) =>
        selector.Object("matchLabels") is null or { Count: 0 } && selector.Array("matchExpressions") is null or { Count: 0 };

    public static bool Matches(JsonObject? selector, JsonObject? labels)
    {
        foreach (var (key, value) in selector.Object("matchLabels") ?? [])
        {
            if (labels.Text(key) != value.AsText())
                return false;
        }

        return selector.Items("matchExpressions").All(r => Matches(r.Item, labels.Text(r.Item.Text("key") ?? "")));
    }

    private static bool Matches(JsonObject requirement, string? label) => requirement.Text("operator") switch
    {
        "In" => label is not null && requirement.Texts("values").Contains(label),
        "NotIn" => label is null || !requirement.Texts("values").Contains(label),
        "Exists" => label is not null,
        "DoesNotExist" => label is null,
        _ => false,
    };

    private static void Requirement(JsonObject requirement, FieldPath path, FieldErrors errors)
    {
        var hasValues = requirement.Array("values") is { Count: > 0 };
        switch (requirement.Text("operator"))
        {
            case "In" or "NotIn" when !hasValues:
                errors.Required(path.Child("values"), "must be specified when `operator` is 'In' or 'NotIn'");
                break;
            case "Exists" or "DoesNotExist" when hasValues:
                errors.Forbidden(path.Child("values"), "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
                break;
            case "In" or "NotIn" or "Exists" or "DoesNotExist":
                break;
            default:
                errors.Invalid(path.Child("operator"), requirement.Text("operator") ?? "", "not a valid selector operator");
                break;
        }

        var key = requirement.Text("key") ?? "";
        errors.Invalid(path.Child("key"), key, NameRules.QualifiedName(key));
        foreach (var (value, i) in requirement.Texts("values").Select((v, i) => (v, i)))
            errors.Invalid(path.Child("values").Index(i), value, NameRules.LabelValue(value));
    }
}
