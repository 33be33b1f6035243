using System.Text.Json.Nodes;

namespace CloudPlane.Schema;

/// <summary>What a pod or a template may say, but likely shouldn't.</summary>
internal static class PodWarnings
{
    private static readonly (string Old, string Version, string New)[] DeprecatedLabels =
    [
        ("beta.kubernetes.io/arch", "v1.14", "kubernetes.io/arch"),
        ("beta.kubernetes.io/os", "v1.14", "kubernetes.io/os"),
        ("failure-domain.beta.kubernetes.io/region", "v1.17", "topology.kubernetes.io/region"),
        ("failure-domain.beta.kubernetes.io/zone", "v1.17", "topology.kubernetes.io/zone"),
        ("beta.kubernetes.io/instance-type", "v1.17", "node.kubernetes.io/instance-type"),
    ];

    public static IEnumerable<string> Of(JsonObject? metadata, JsonObject? spec, FieldPath? template)
    {
        var meta = template?.Child("metadata") ?? FieldPath.Root("metadata");
        var path = template?.Child("spec") ?? FieldPath.Root("spec");
        foreach (var (old, version, replacement) in DeprecatedLabels)
        {
            if (spec.Object("nodeSelector") is { } selector && selector.ContainsKey(old))
                yield return $"{path.Child("nodeSelector").Key(old)}: deprecated since {version}; use \"{replacement}\" instead";
        }

        if (metadata.Object("annotations") is { } annotations && annotations.ContainsKey("seccomp.security.alpha.kubernetes.io/pod"))
        {
            yield return $"{meta.Child("annotations").Key("seccomp.security.alpha.kubernetes.io/pod")}: " +
                "non-functional in v1.27+; use the \"seccompProfile\" field instead";
        }

        if (spec.Number("terminationGracePeriodSeconds") is < 0)
            yield return $"{path.Child("terminationGracePeriodSeconds")}: must be >= 0; negative values are invalid and will be treated as 1";
        foreach (var list in (string[])["initContainers", "containers"])
        {
            foreach (var (container, i) in spec.Items(list))
            {
                foreach (var warning in Container(container, path.Child(list).Index(i)))
                    yield return warning;
            }
        }
    }

    private static IEnumerable<string> Container(JsonObject container, FieldPath path)
    {
        var variables = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (variable, i) in container.Items("env"))
        {
            var name = variable.Text("name") ?? "";
            if (!variables.Add(name) && !(variable.Text("value") ?? "").Contains($"$({name})", StringComparison.Ordinal))
                yield return $"{path.Child("env").Index(i)}: hides previous definition of {GoText.Quote(name)}, which may be dropped when using apply";
        }

        var ports = new Dictionary<string, FieldPath>(StringComparer.Ordinal);
        foreach (var (port, i) in container.Items("ports"))
        {
            var own = path.Child("ports").Index(i);
            var unique = $"{port.Number("containerPort")}/{port.Text("protocol")}/{port.Number("hostPort")}/{port.Text("hostIP")}";
            if (!ports.TryAdd(unique, own))
                yield return $"{own}: duplicate port definition with {ports[unique]}";
        }

        foreach (var list in (string[])["limits", "requests"])
        {
            if (container.Object("resources").Object(list).Text("memory") is { } memory && Quantity.TryParse(memory, out var amount, out _) && !amount.IsInteger)
                yield return $"{path.Child("resources").Child(list).Key("memory")}: fractional byte value {GoText.Quote(memory)} is invalid, must be an integer";
        }
    }
}
