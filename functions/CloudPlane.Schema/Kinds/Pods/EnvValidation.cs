using System.Text.Json.Nodes;

namespace CloudPlane.Schema;

internal static class EnvValidation
{
    private static readonly string[] Sources = ["fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef"];

    private static readonly string[] EnvFields =
    [
        "metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName", "status.hostIP", "status.hostIPs",
        "status.podIP", "status.podIPs",
    ];

    private static readonly string[] VolumeFields = ["metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid"];

    private static readonly string[] AllFields =
        [.. EnvFields, "metadata.annotations", "metadata.labels", "spec.restartPolicy", "spec.schedulerName", "status.phase"];

    private static readonly string[] Resources =
    [
        "limits.cpu", "limits.ephemeral-storage", "limits.memory", "requests.cpu", "requests.ephemeral-storage", "requests.memory",
    ];

    public static void Validate(JsonObject container, FieldPath path, FieldErrors errors)
    {
        foreach (var (variable, i) in container.Items("env"))
            Variable(variable, path.Child("env").Index(i), errors);
        foreach (var (source, i) in container.Items("envFrom"))
            EnvFrom(source, path.Child("envFrom").Index(i), errors);
    }

    /// <summary>A field of the pod itself, as environment variables and downward API files refer to it.</summary>
    public static void FieldRef(JsonObject reference, bool inVolume, FieldPath path, FieldErrors errors)
    {
        var (field, at) = (reference.Text("fieldPath") ?? "", path.Child("fieldPath"));
        if (reference.Text("apiVersion") is null or "")
            errors.Required(path.Child("apiVersion"));
        if (field.Length == 0)
        {
            errors.Required(at);
            return;
        }

        if (field.EndsWith(']') && field.IndexOf("['", StringComparison.Ordinal) is > 0 and var subscript)
            Subscript(field[..subscript], field[(subscript + 2)..].TrimEnd(']').TrimEnd('\''), at, errors);
        else if (!AllFields.Contains(field))
            errors.Invalid(at, field, $"error converting fieldPath: field label not supported: {field}");
        else if (!(inVolume ? VolumeFields : EnvFields).Contains(field))
            errors.NotSupported(at, field, inVolume ? VolumeFields : EnvFields);
    }

    /// <summary>A container's limit or request.</summary>
    public static void ResourceRef(JsonObject reference, bool inVolume, FieldPath path, FieldErrors errors)
    {
        if (inVolume && reference.Text("containerName") is null or "")
            errors.Required(path.Child("containerName"));
        var resource = reference.Text("resource") ?? "";
        if (resource.Length == 0)
            errors.Required(path.Child("resource"));
        else if (!Resources.Contains(resource) && !resource.Contains("hugepages-", StringComparison.Ordinal))
            errors.NotSupported(path.Child("resource"), resource, Resources);
    }

    private static void Variable(JsonObject variable, FieldPath path, FieldErrors errors)
    {
        var name = variable.Text("name") ?? "";
        if (name.Length == 0)
            errors.Required(path.Child("name"));
        else
            errors.Invalid(path.Child("name"), name, NameRules.EnvVarName(name));
        if (variable.Object("valueFrom") is not { } source)
            return;
        var own = path.Child("valueFrom");
        var count = Sources.Count(source.ContainsKey);
        if (count == 0)
            errors.Invalid(own, "", "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`");
        else if (variable.Text("value") is { Length: > 0 })
            errors.Invalid(own, "", "may not be specified when `value` is not empty");
        else if (count > 1)
            errors.Invalid(own, "", "may not have more than one field specified at a time");
        if (source.Object("fieldRef") is { } field)
            FieldRef(field, false, own.Child("fieldRef"), errors);
        if (source.Object("resourceFieldRef") is { } resource)
            ResourceRef(resource, false, own.Child("resourceFieldRef"), errors);
        foreach (var kind in (string[])["configMapKeyRef", "secretKeyRef"])
        {
            if (source.Object(kind) is { } reference)
                KeyRef(reference, own.Child(kind), errors);
        }
    }

    private static void KeyRef(JsonObject reference, FieldPath path, FieldErrors errors)
    {
        var (name, key) = (reference.Text("name") ?? "", reference.Text("key") ?? "");
        errors.Invalid(path.Child("name"), name, NameRules.Subdomain(name));
        if (key.Length == 0)
            errors.Required(path.Child("key"));
        else
            errors.Invalid(path.Child("key"), key, NameRules.ConfigMapKey(key));
    }

    private static void EnvFrom(JsonObject source, FieldPath path, FieldErrors errors)
    {
        if (source.Text("prefix") is { Length: > 0 } prefix)
            errors.Invalid(path.Child("prefix"), prefix, NameRules.EnvVarName(prefix));
        var kinds = ((string[])["configMapRef", "secretRef"]).Where(source.ContainsKey).ToList();
        if (kinds.Count == 0)
            errors.Invalid(path, "", "must specify one of: `configMapRef` or `secretRef`");
        else if (kinds.Count > 1)
            errors.Invalid(path, "", "may not have more than one field specified at a time");
        foreach (var kind in kinds)
        {
            var name = source.Object(kind).Text("name") ?? "";
            errors.Invalid(path.Child(kind).Child("name"), name, NameRules.Subdomain(name));
        }
    }

    private static void Subscript(string field, string key, FieldPath path, FieldErrors errors)
    {
        if (field is "metadata.labels")
            errors.Invalid(path, key, NameRules.QualifiedName(key));
        else if (field is "metadata.annotations")
            errors.Invalid(path, key, NameRules.QualifiedName(key.ToLowerInvariant()));
        else
            errors.Invalid(path, field, "does not support subscript");
    }
}
