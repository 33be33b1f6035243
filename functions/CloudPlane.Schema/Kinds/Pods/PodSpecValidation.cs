using System.Text.Json.Nodes;

namespace CloudPlane.Schema;

/// <summary>A pod's spec, of a pod or of a template.</summary>
internal static class PodSpecValidation
{
    public static void Validate(JsonObject spec, FieldPath path, FieldErrors errors)
    {
        var volumes = VolumeValidation.Validate(spec, path.Child("volumes"), errors);
        ContainerValidation.Validate(spec, path, volumes, errors);
        PodSecurityContext(spec, path, errors);
        Names(spec, path, errors);
        if (spec.Number("activeDeadlineSeconds") is < 1 or > int.MaxValue)
        {
            errors.Invalid(path.Child("activeDeadlineSeconds"), spec["activeDeadlineSeconds"], NameRules.InclusiveRange(1, int.MaxValue));
        }

        MetadataValidation.Labels(spec.Object("nodeSelector"), path.Child("nodeSelector"), errors);
        TolerationValidation.Validate(spec, path.Child("tolerations"), errors);
        NodeAffinityValidation.Validate(spec, path.Child("affinity"), errors);
        PodAffinityValidation.Validate(spec, path.Child("affinity"), errors);
        TopologySpread(spec, path.Child("topologySpreadConstraints"), errors);
        HostAliases(spec, path.Child("hostAliases"), errors);
    }

    private static void Names(JsonObject spec, FieldPath path, FieldErrors errors)
    {
        Check("nodeName", NameRules.Subdomain);
        Check("serviceAccountName", NameRules.Subdomain);
        Check("priorityClassName", NameRules.Subdomain);
        Check("runtimeClassName", NameRules.Subdomain);
        Check("schedulerName", NameRules.QualifiedName);
        Check("hostname", NameRules.Label);
        Check("subdomain", NameRules.Label);

        void Check(string name, Func<string, IEnumerable<string>> rule)
        {
            if (spec.Text(name) is { Length: > 0 } text)
                errors.Invalid(path.Child(name), text, rule(text));
        }
    }

    private static void PodSecurityContext(JsonObject spec, FieldPath path, FieldErrors errors)
    {
        var (context, own) = (spec.Object("securityContext"), path.Child("securityContext"));
        foreach (var name in (string[])["runAsUser", "runAsGroup", "fsGroup"])
            SecurityContextValidation.Id(context, name, own, errors);
        SecurityContextValidation.Seccomp(context, own, errors);
        if (spec.Flag("shareProcessNamespace") && spec.Flag("hostPID"))
            errors.Invalid(path.Child("shareProcessNamespace"), true, "ShareProcessNamespace and HostPID cannot both be enabled");
    }

    private static void TopologySpread(JsonObject spec, FieldPath path, FieldErrors errors)
    {
        foreach (var (constraint, i) in spec.Items("topologySpreadConstraints"))
        {
            var own = path.Index(i);
            if ((constraint.Number("maxSkew") ?? 0) <= 0)
                errors.Invalid(own.Child("maxSkew"), constraint.Number("maxSkew") ?? 0, "must be greater than zero");
            if (constraint.Text("topologyKey") is null or "")
                errors.Required(own.Child("topologyKey"), "can not be empty");
            else
                errors.Invalid(own.Child("topologyKey"), constraint.Text("topologyKey"), NameRules.QualifiedName(constraint.Text("topologyKey")!));
            if (constraint.Text("whenUnsatisfiable") is null or "")
                errors.NotSupported(own.Child("whenUnsatisfiable"), "", ["DoNotSchedule", "ScheduleAnyway"]);
            SelectorValidation.Validate(constraint.Object("labelSelector"), own.Child("labelSelector"), errors);
        }
    }

    private static void HostAliases(JsonObject spec, FieldPath path, FieldErrors errors)
    {
        foreach (var (alias, i) in spec.Items("hostAliases"))
        {
            var address = alias.Text("ip") ?? "";
            errors.Invalid(path.Index(i).Child("ip"), address, NameRules.IpAddress(address));
            foreach (var hostname in alias.Texts("hostnames"))
                errors.Invalid(path.Index(i).Child("hostnames"), hostname, NameRules.Subdomain(hostname));
        }
    }
}
