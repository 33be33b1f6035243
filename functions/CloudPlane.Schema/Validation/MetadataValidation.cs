using System.Text;
using System.Text.Json.Nodes;

namespace CloudPlane.Schema;

/// <summary>metadata, for every kind alike.</summary>
internal static class MetadataValidation
{
    private const int MaxAnnotationBytes = 256 * 1024;

    private static readonly string[] StandardFinalizers = ["kubernetes", "orphan", "foregroundDeletion"];

    public static void Validate(JsonObject document, bool namespaced, Func<string, IEnumerable<string>> nameRule, FieldErrors errors)
    {
        var metadata = document.Object("metadata") ?? [];
        var path = FieldPath.Root("metadata");
        Name(metadata, path, nameRule, errors);
        Namespace(metadata, path, namespaced, errors);
        if (metadata.Number("generation") is < 0)
            errors.Invalid(path.Child("generation"), metadata["generation"], "must be greater than or equal to 0");
        Labels(metadata.Object("labels"), path.Child("labels"), errors);
        Annotations(metadata.Object("annotations"), path.Child("annotations"), errors);
        OwnerReferences(metadata, path.Child("ownerReferences"), errors);
        Finalizers(metadata, path.Child("finalizers"), errors);
    }

    public static void ValidateUpdate(JsonObject document, JsonObject stored, FieldErrors errors)
    {
        var (metadata, old) = (document.Object("metadata") ?? [], stored.Object("metadata") ?? []);
        var path = FieldPath.Root("metadata");
        foreach (var name in (string[])["name", "namespace", "uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds"])
            Immutable(metadata[name], old[name], path.Child(name), errors);
        if (metadata.Number("generation") < old.Number("generation"))
            errors.Invalid(path.Child("generation"), metadata["generation"], "must not be decremented");
        NewFinalizers(metadata, old, path.Child("finalizers"), errors);
    }

    public static void Immutable(JsonNode? value, JsonNode? old, FieldPath path, FieldErrors errors)
    {
        if (!JsonNode.DeepEquals(value, old))
            errors.Invalid(path, value, "field is immutable");
    }

    public static void Labels(JsonObject? labels, FieldPath path, FieldErrors errors)
    {
        foreach (var (key, value) in labels ?? [])
        {
            errors.Invalid(path, key, NameRules.QualifiedName(key));
            errors.Invalid(path, value.AsText(), NameRules.LabelValue(value.AsText() ?? ""));
        }
    }

    public static void Annotations(JsonObject? annotations, FieldPath path, FieldErrors errors)
    {
        long size = 0;
        foreach (var (key, value) in annotations ?? [])
        {
            errors.Invalid(path, key, NameRules.QualifiedName(key.ToLowerInvariant()));
            size += Encoding.UTF8.GetByteCount(key) + Encoding.UTF8.GetByteCount(value.AsText() ?? "");
        }

        if (size > MaxAnnotationBytes)
            errors.TooLong(path, MaxAnnotationBytes);
    }

    private static void Name(JsonObject metadata, FieldPath path, Func<string, IEnumerable<string>> nameRule, FieldErrors errors)
    {
        var (name, prefix) = (metadata.Text("name") ?? "", metadata.Text("generateName") ?? "");
        // A prefix may end with what a name may not; Kubernetes checks it as if a letter followed.
        if (prefix.Length > 0)
            errors.Invalid(path.Child("generateName"), prefix, nameRule(prefix.Length > 1 && prefix[^1] == '-' ? prefix[..^1] + "a" : prefix));
        if (name.Length > 0)
            errors.Invalid(path.Child("name"), name, nameRule(name));
        else if (prefix.Length == 0)
            errors.Required(path.Child("name"), "name or generateName is required");
    }

    private static void Namespace(JsonObject metadata, FieldPath path, bool namespaced, FieldErrors errors)
    {
        var ns = metadata.Text("namespace") ?? "";
        if (!namespaced && ns.Length > 0)
            errors.Forbidden(path.Child("namespace"), "not allowed on this type");
        else if (namespaced && ns.Length == 0)
            errors.Required(path.Child("namespace"));
        else if (namespaced)
            errors.Invalid(path.Child("namespace"), ns, NameRules.Label(ns));
    }

    private static void OwnerReferences(JsonObject metadata, FieldPath path, FieldErrors errors)
    {
        string? controller = null;
        foreach (var (reference, _) in metadata.Items("ownerReferences"))
        {
            OwnerReference(reference, path, errors);
            if (!reference.Flag("controller"))
                continue;
            var name = reference.Text("name") ?? "";
            if (controller is not null)
            {
                errors.Invalid(path, metadata["ownerReferences"],
                    $"Only one reference can have Controller set to true. Found \"true\" in references for {controller} and {name}");
            }

            controller ??= name;
        }
    }

    private static void OwnerReference(JsonObject reference, FieldPath path, FieldErrors errors)
    {
        var apiVersion = reference.Text("apiVersion") ?? "";
        if (apiVersion.Length == 0 || apiVersion.EndsWith('/'))
            errors.Invalid(path.Child("apiVersion"), apiVersion, "version must not be empty");
        foreach (var name in (string[])["kind", "name", "uid"])
        {
            if (reference.Text(name) is null or "")
                errors.Invalid(path.Child(name), "", "must not be empty");
        }

        if (apiVersion is "v1" or "events.k8s.io/v1" && reference.Text("kind") == "Event")
            errors.Invalid(path, reference, $"{(apiVersion == "v1" ? "/v1" : apiVersion)}, Kind=Event is disallowed from being an owner");
    }

    private static void Finalizers(JsonObject metadata, FieldPath path, FieldErrors errors)
    {
        var finalizers = metadata.Texts("finalizers").ToList();
        for (var i = 0; i < finalizers.Count; i++)
        {
            errors.Invalid(path, finalizers[i], NameRules.QualifiedName(finalizers[i]));
            if (!finalizers[i].Contains('/') && !StandardFinalizers.Contains(finalizers[i]))
                errors.Invalid(path.Index(i), finalizers[i], "name is neither a standard finalizer name nor is it fully qualified");
        }

        if (finalizers.Contains("orphan") && finalizers.Contains("foregroundDeletion"))
            errors.Invalid(path, metadata["finalizers"], "finalizer orphan and foregroundDeletion cannot be both set");
    }

    private static void NewFinalizers(JsonObject metadata, JsonObject old, FieldPath path, FieldErrors errors)
    {
        if (!old.Has("deletionTimestamp"))
            return;
        var added = metadata.Texts("finalizers").Except(old.Texts("finalizers")).Order(StringComparer.Ordinal).Select(GoText.Quote).ToList();
        if (added.Count > 0)
        {
            errors.Forbidden(path,
                $"no new finalizers can be added if the object is being deleted, found new finalizers []string{{{string.Join(", ", added)}}}");
        }
    }
}
