using System.Text.Json.Nodes;

namespace CloudPlane.Schema;

/// <summary>
/// What a schema can't say, by kind: what create and update reset, what must hold, what deserves a warning.
/// Documents are decoded and defaulted; metadata's system fields (uid, creationTimestamp, resourceVersion, managedFields) are the caller's.
/// </summary>
public static class KindRules
{
    /// <summary>Before validation of a create: status is cleared where there is a status subresource, generation set, kind-specific fields filled.</summary>
    public static void PrepareForCreate(ResourceType resource, JsonObject document)
    {
        var rule = KindRule.Of(resource);
        var metadata = Metadata(document);
        foreach (var name in (string[])["generation", "deletionTimestamp", "deletionGracePeriodSeconds", "selfLink"])
            metadata.Remove(name);
        rule.PrepareForCreate(document);
        if (rule.HasGeneration)
            metadata["generation"] = 1L;
    }

    /// <summary>
    /// Before validation of an update: the main resource keeps the stored status, the status subresource keeps everything but status
    /// (and the metadata that it may change); generation grows when the spec changed.
    /// </summary>
    public static void PrepareForUpdate(ResourceType resource, string? subresource, JsonObject document, JsonObject stored)
    {
        var rule = KindRule.Of(resource);
        KeepSystemMetadata(document, stored);
        switch (subresource)
        {
            case null:
                rule.PrepareForUpdate(document, stored);
                if (rule.HasGeneration && rule.IsNewGeneration(document, stored))
                    Metadata(document)["generation"] = (stored["metadata"].Number("generation") ?? 0) + 1;
                break;
            case "status":
                rule.PrepareForStatusUpdate(document, stored);
                break;
            case "finalize":
                Keep(document, stored, "status");
                break;
        }
    }

    /// <summary>All faults together, metadata included (names, labels, annotations, owner references, finalizers). Empty when valid.</summary>
    public static IReadOnlyList<FieldError> ValidateCreate(ResourceType resource, JsonObject document)
    {
        var errors = new FieldErrors();
        Validate(resource, KindRule.Of(resource), document, errors);
        KindRule.Of(resource).ValidateCreate(document, errors);
        return errors.All;
    }

    /// <summary>All faults of an update, immutable fields included.</summary>
    public static IReadOnlyList<FieldError> ValidateUpdate(ResourceType resource, string? subresource, JsonObject document, JsonObject stored)
    {
        var errors = new FieldErrors();
        var rule = KindRule.Of(resource);
        MetadataValidation.ValidateUpdate(document, stored, errors);
        if (subresource == "status")
        {
            MetadataValidation.Validate(document, resource.Namespaced, rule.NameErrors, errors);
            rule.ValidateStatusUpdate(document, stored, errors);
        }
        else
        {
            Validate(resource, rule, document, errors);
            rule.ValidateUpdate(document, stored, errors);
        }

        return errors.All;
    }

    /// <summary>Faults of an autoscaling/v1 Scale, the body of the scale subresources.</summary>
    public static IReadOnlyList<FieldError> ValidateScale(JsonObject scale)
    {
        var errors = new FieldErrors();
        if (scale["spec"].Number("replicas") is < 0)
            errors.Invalid(FieldPath.Root("spec").Child("replicas"), scale["spec"]!["replicas"], "must be greater than or equal to 0");
        return errors.All;
    }

    /// <summary>What the Warning headers say, e.g. for deprecated annotations or duplicate environment variable names.</summary>
    public static IReadOnlyList<string> Warnings(ResourceType resource, JsonObject document, JsonObject? stored) =>
        [.. KindRule.Of(resource).Warnings(document, stored)];

    /// <summary>The document's field as stored: removed when it wasn't there.</summary>
    internal static void Keep(JsonObject document, JsonObject stored, string name)
    {
        if (stored[name] is { } value)
            document[name] = value.DeepClone();
        else
            document.Remove(name);
    }

    private static void Validate(ResourceType resource, KindRule rule, JsonObject document, FieldErrors errors)
    {
        MetadataValidation.Validate(document, resource.Namespaced, rule.NameErrors, errors);
        EnumValidation.Validate(resource, document, errors);
        rule.Validate(document, errors);
    }

    // What an update leaves out or can't set is as stored; a different uid or creation time is for the validation to refuse.
    private static void KeepSystemMetadata(JsonObject document, JsonObject stored)
    {
        var (metadata, old) = (Metadata(document), Metadata(stored));
        foreach (var name in (string[])["uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds"])
            metadata[name] ??= old[name]?.DeepClone();
        foreach (var name in (string[])["uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds"])
        {
            if (metadata[name] is null)
                metadata.Remove(name);
        }

        Keep(metadata, old, "generation");
        metadata.Remove("selfLink");
    }

    private static JsonObject Metadata(JsonObject document)
    {
        if (document["metadata"] is not JsonObject metadata)
            document["metadata"] = metadata = [];
        return metadata;
    }
}
