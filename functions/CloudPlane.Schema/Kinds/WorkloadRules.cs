using System.Globalization;
using System.Text.Json.Nodes;

namespace CloudPlane.Schema;

/// <summary>What Deployment and ReplicaSet share: a selector, and a template that it must match.</summary>
internal static class WorkloadRules
{
    public static void Selector(JsonObject spec, FieldPath path, FieldErrors errors)
    {
        if (spec.Object("selector") is not { } selector)
        {
            errors.Required(path.Child("selector"));
            return;
        }

        SelectorValidation.Validate(selector, path.Child("selector"), errors);
        // ReplicaSet says deployment, too.
        if (SelectorValidation.IsEmpty(selector))
            errors.Invalid(path.Child("selector"), selector, "empty selector is invalid for deployment");
    }

    public static void Template(JsonObject spec, FieldPath path, FieldErrors errors)
    {
        var templatePath = path.Child("template");
        if (spec.Object("template") is not { } template)
        {
            errors.Required(templatePath);
            return;
        }

        var labels = template.Object("metadata").Object("labels");
        if (spec.Object("selector") is { } selector && !SelectorValidation.IsEmpty(selector) && !SelectorValidation.Matches(selector, labels))
        {
            errors.Invalid(templatePath.Child("metadata").Child("labels"), labels?.DeepClone() ?? new JsonObject(),
                "`selector` does not match template `labels`");
        }

        // Kubernetes leaves out "metadata" here.
        MetadataValidation.Labels(labels, templatePath.Child("labels"), errors);
        MetadataValidation.Annotations(template.Object("metadata").Object("annotations"), templatePath.Child("annotations"), errors);
        var podSpec = template.Object("spec") ?? [];
        PodSpecValidation.Validate(podSpec, templatePath.Child("spec"), errors);
        if (podSpec.Text("restartPolicy") is { } policy and ("OnFailure" or "Never"))
            errors.NotSupported(templatePath.Child("spec").Child("restartPolicy"), policy, ["Always"]);
        if (podSpec.Has("activeDeadlineSeconds"))
            errors.Forbidden(templatePath.Child("spec").Child("activeDeadlineSeconds"), "activeDeadlineSeconds in ReplicaSet is not Supported");
        if (podSpec.Array("ephemeralContainers") is { Count: > 0 })
            errors.Forbidden(templatePath.Child("spec").Child("ephemeralContainers"), "ephemeral containers not allowed in pod template");
    }

    /// <summary>A count or a percentage, neither negative.</summary>
    public static void PositiveIntOrPercent(JsonNode? value, FieldPath path, FieldErrors errors)
    {
        if (value.AsText() is { } text)
            errors.Invalid(path, text, NameRules.Percent(text));
        else if (value.AsNumber() is < 0)
            errors.Invalid(path, value, "must be greater than or equal to 0");
    }

    /// <summary>The percentage, or null for anything else; a value too large for an int counts as one that is beyond 100.</summary>
    public static int? PercentOf(JsonNode? value) => value.AsText() is { Length: > 1 } text && text[^1] == '%'
        && text[..^1].All(char.IsAsciiDigit)
        ? int.TryParse(text[..^1], CultureInfo.InvariantCulture, out var percent) ? percent : int.MaxValue
        : null;

    public static IEnumerable<string> Warnings(JsonObject document)
    {
        if (NameRules.Label(document["metadata"].Text("name") ?? "a").ToList() is { Count: > 0 } errors)
        {
            yield return "metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; " +
                $"a DNS label is recommended: [{string.Join(' ', errors)}]";
        }

        var template = document["spec"].Object("template");
        foreach (var warning in PodWarnings.Of(template.Object("metadata"), template.Object("spec"), FieldPath.Root("spec").Child("template")))
            yield return warning;
    }
}
