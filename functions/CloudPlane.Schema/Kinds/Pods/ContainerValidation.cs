using System.Text.Json.Nodes;

namespace CloudPlane.Schema;

/// <summary>Containers and init containers: each for itself, and what must be unique among them.</summary>
internal static class ContainerValidation
{
    public static void Validate(JsonObject spec, FieldPath path, IReadOnlySet<string> volumes, FieldErrors errors)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        var hostPorts = new HashSet<string>(StringComparer.Ordinal);
        if (spec.Array("containers") is null or { Count: 0 })
            errors.Required(path.Child("containers"));
        foreach (var (container, i) in spec.Items("containers"))
        {
            var own = path.Child("containers").Index(i);
            Common(container, spec, own, names, volumes, errors);
            ContainerPortValidation.Validate(container, spec, own.Child("ports"), hostPorts, errors);
            Lifecycle(container, own, errors);
            ProbeValidation.Validate(container, own, errors);
            if (container.Text("restartPolicy") is { } policy && policy is not ("Always" or "OnFailure" or "Never"))
                errors.NotSupported(own.Child("restartPolicy"), policy, ["Always", "Never", "OnFailure"]);
        }

        foreach (var (container, i) in spec.Items("initContainers"))
            InitContainer(container, spec, path.Child("initContainers").Index(i), names, volumes, errors);
    }

    private static void Common(
        JsonObject container, JsonObject spec, FieldPath path, HashSet<string> names, IReadOnlySet<string> volumes, FieldErrors errors)
    {
        var (name, image) = (container.Text("name") ?? "", container.Text("image") ?? "");
        if (name.Length == 0)
            errors.Required(path.Child("name"));
        else
        {
            errors.Invalid(path.Child("name"), name, NameRules.Label(name));
            if (!names.Add(name))
                errors.Duplicate(path.Child("name"), name);
        }

        if (image.Length == 0)
            errors.Required(path.Child("image"));
        else if (image.Trim() != image)
            errors.Invalid(path.Child("image"), image, "must not have leading or trailing whitespace");
        EnvValidation.Validate(container, path, errors);
        VolumeMounts(container, path, volumes, errors);
        ResourceValidation.Validate(container.Object("resources"), path.Child("resources"), errors);
        SecurityContextValidation.Validate(container.Object("securityContext"), path.Child("securityContext"), errors);
        if (spec.Flag("hostUsers") || container.Object("securityContext").Text("procMount") is not "Unmasked")
            return;
        if (spec["hostUsers"] is null)
            errors.Invalid(path.Child("securityContext").Child("procMount"), "Unmasked", "`hostUsers` must be false to use `Unmasked`");
    }

    // An init container with restartPolicy Always is a sidecar, which may have what runs on has.
    private static void InitContainer(
        JsonObject container, JsonObject spec, FieldPath path, HashSet<string> names, IReadOnlySet<string> volumes, FieldErrors errors)
    {
        Common(container, spec, path, names, volumes, errors);
        ContainerPortValidation.Validate(container, spec, path.Child("ports"), new HashSet<string>(StringComparer.Ordinal), errors);
        if (container.Text("restartPolicy") == "Always")
        {
            Lifecycle(container, path, errors);
            ProbeValidation.Validate(container, path, errors);
            return;
        }

        if (container.Text("restartPolicy") is { } policy && policy is not ("OnFailure" or "Never"))
            errors.NotSupported(path.Child("restartPolicy"), policy, ["Always", "Never", "OnFailure"]);
        foreach (var name in (string[])["lifecycle", "livenessProbe", "readinessProbe", "startupProbe"])
        {
            if (container.Has(name))
                errors.Forbidden(path.Child(name), "may not be set for init containers without restartPolicy=Always");
        }
    }

    private static void VolumeMounts(JsonObject container, FieldPath path, IReadOnlySet<string> volumes, FieldErrors errors)
    {
        var mountPaths = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (mount, i) in container.Items("volumeMounts"))
        {
            var own = path.Child("volumeMounts").Index(i);
            var (name, mountPath) = (mount.Text("name") ?? "", mount.Text("mountPath") ?? "");
            if (name.Length == 0)
                errors.Required(own.Child("name"));
            else if (!volumes.Contains(name))
                errors.NotFound(own.Child("name"), name);
            if (mountPath.Length == 0)
                errors.Required(own.Child("mountPath"));
            if (!mountPaths.Add(mountPath))
                errors.Invalid(own.Child("mountPath"), mountPath, "must be unique");
            SubPath(mount, own, errors);
            if (mount.Text("mountPropagation") == "Bidirectional" && !container.Object("securityContext").Flag("privileged"))
                errors.Forbidden(own.Child("mountPropagation"), "Bidirectional mount propagation is available only to privileged containers");
        }
    }

    private static void SubPath(JsonObject mount, FieldPath path, FieldErrors errors)
    {
        foreach (var name in (string[])["subPath", "subPathExpr"])
        {
            if (mount.Text(name) is { Length: > 0 } subPath)
                VolumeValidation.LocalDescendingPath(subPath, path.Child(name), errors);
        }

        if (mount.Has("subPath") && mount.Has("subPathExpr"))
            errors.Invalid(path.Child("subPathExpr"), mount["subPathExpr"], "subPathExpr and subPath are mutually exclusive");
    }

    private static void Lifecycle(JsonObject container, FieldPath path, FieldErrors errors)
    {
        foreach (var name in (string[])["postStart", "preStop"])
        {
            if (container.Object("lifecycle").Object(name) is { } handler)
                ProbeValidation.Handler(handler, ["exec", "httpGet", "tcpSocket", "sleep"], path.Child("lifecycle").Child(name), errors);
        }
    }
}
