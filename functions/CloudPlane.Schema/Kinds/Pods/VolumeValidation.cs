using System.Text.Json.Nodes;

namespace CloudPlane.Schema;

internal static class VolumeValidation
{
    /// <summary>Checks the volumes and returns their names.</summary>
    public static IReadOnlySet<string> Validate(JsonObject spec, FieldPath path, FieldErrors errors)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (volume, i) in spec.Items("volumes"))
        {
            var own = path.Index(i);
            var name = volume.Text("name") ?? "";
            if (name.Length == 0)
                errors.Required(own.Child("name"));
            else
                errors.Invalid(own.Child("name"), name, NameRules.Label(name));
            if (name.Length > 0 && !names.Add(name))
                errors.Duplicate(own.Child("name"), name);
            Sources(volume, own, errors);
        }

        return names;
    }

    /// <summary>A relative path that never climbs.</summary>
    public static void LocalDescendingPath(string target, FieldPath path, FieldErrors errors)
    {
        if (target.StartsWith('/'))
            errors.Invalid(path, target, "must be a relative path");
        if (target.Split('/').Contains(".."))
            errors.Invalid(path, target, "must not contain '..'");
    }

    private static void Sources(JsonObject volume, FieldPath path, FieldErrors errors)
    {
        var sources = volume.Where(p => p.Key != "name").Select(p => p.Key).ToList();
        if (sources.Count == 0)
            errors.Required(path, "must specify a volume type");
        foreach (var more in sources.Skip(1))
            errors.Forbidden(path.Child(more), "may not specify more than 1 volume type");
        if (sources.Count > 0 && volume[sources[0]] is JsonObject source)
            Source(source, sources[0], path.Child(sources[0]), errors);
    }

    private static void Source(JsonObject source, string kind, FieldPath path, FieldErrors errors)
    {
        switch (kind)
        {
            case "emptyDir" when source.Text("sizeLimit") is { } limit && Quantity.TryParse(limit, out var size, out _) && size.Sign < 0:
                errors.Forbidden(path.Child("sizeLimit"), "SizeLimit field must be a valid resource quantity");
                break;
            case "hostPath":
                RequireText(source, "path", path, errors);
                if ((source.Text("path") ?? "").Split('/').Contains(".."))
                    errors.Invalid(path.Child("path"), source["path"], "must not contain '..'");
                break;
            case "configMap":
                RequireText(source, "name", path, errors);
                Keys(source, path, errors);
                break;
            case "secret":
                RequireText(source, "secretName", path, errors);
                Keys(source, path, errors);
                break;
            case "downwardAPI":
                Mode(source, "defaultMode", path, errors);
                DownwardItems(source, path, errors);
                break;
            case "projected":
                Mode(source, "defaultMode", path, errors);
                foreach (var (projection, i) in source.Items("sources"))
                    Projection(projection, path.Child("sources").Index(i), errors);
                break;
            case "persistentVolumeClaim":
                RequireText(source, "claimName", path, errors);
                break;
            case "nfs":
                RequireText(source, "server", path, errors);
                RequireText(source, "path", path, errors);
                break;
        }
    }

    private static void Projection(JsonObject projection, FieldPath path, FieldErrors errors)
    {
        var sources = projection.Select(p => p.Key).ToList();
        foreach (var more in sources.Skip(1))
            errors.Forbidden(path.Child(more), "may not specify more than 1 volume type per source");
        if (sources.Count == 0)
        {
            errors.Required(path, "must specify one of the fields: secret, downwardAPI, configMap, serviceAccountToken, or clusterTrustBundle");
            return;
        }

        if (projection[sources[0]] is not JsonObject source)
            return;
        var own = path.Child(sources[0]);
        switch (sources[0])
        {
            case "secret" or "configMap":
                RequireText(source, "name", own, errors);
                Keys(source, own, errors);
                break;
            case "downwardAPI":
                DownwardItems(source, own, errors);
                break;
            case "serviceAccountToken":
                if (source.Number("expirationSeconds") is < 600 and var seconds)
                    errors.Invalid(own.Child("expirationSeconds"), seconds, "may not specify a duration less than 10 minutes");
                RequireText(source, "path", own, errors);
                break;
        }
    }

    private static void Keys(JsonObject source, FieldPath path, FieldErrors errors)
    {
        Mode(source, "defaultMode", path, errors);
        foreach (var (item, i) in source.Items("items"))
        {
            var own = path.Child("items").Index(i);
            RequireText(item, "key", own, errors);
            FilePath(item, own, errors);
            Mode(item, "mode", own, errors);
        }
    }

    private static void DownwardItems(JsonObject source, FieldPath path, FieldErrors errors)
    {
        foreach (var (item, i) in source.Items("items"))
        {
            // Kubernetes leaves out "items" here.
            var own = path;
            FilePath(item, own, errors);
            Mode(item, "mode", own, errors);
            if (item.Object("fieldRef") is { } field)
                EnvValidation.FieldRef(field, true, own.Child("fieldRef"), errors);
            if (item.Object("resourceFieldRef") is { } resource)
                EnvValidation.ResourceRef(resource, true, own.Child("resourceFieldRef"), errors);
            if (item.Has("fieldRef") && item.Has("resourceFieldRef"))
                errors.Invalid(own, i, "fieldRef and resourceFieldRef can not be specified simultaneously");
            else if (!item.Has("fieldRef") && !item.Has("resourceFieldRef"))
                errors.Required(own, "one of fieldRef and resourceFieldRef is required");
        }
    }

    private static void FilePath(JsonObject item, FieldPath path, FieldErrors errors)
    {
        var target = item.Text("path") ?? "";
        if (target.Length == 0)
        {
            errors.Required(path.Child("path"));
            return;
        }

        LocalDescendingPath(target, path.Child("path"), errors);
        // What starts with two dots is the atomic writer's own.
        if (target.StartsWith("..", StringComparison.Ordinal) && !target.StartsWith("../", StringComparison.Ordinal) && target != "..")
            errors.Invalid(path.Child("path"), target, "must not start with '..'");
    }

    private static void Mode(JsonObject source, string name, FieldPath path, FieldErrors errors)
    {
        if (source.Number(name) is < 0 or > 511)
            errors.Invalid(path.Child(name), source[name], "must be a number between 0 and 0777 (octal), both inclusive");
    }

    private static void RequireText(JsonObject source, string name, FieldPath path, FieldErrors errors)
    {
        if (source.Text(name) is null or "")
            errors.Required(path.Child(name));
    }
}
