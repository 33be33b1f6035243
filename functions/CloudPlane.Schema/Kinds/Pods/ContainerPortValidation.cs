using System.Text.Json.Nodes;

namespace CloudPlane.Schema;

internal static class ContainerPortValidation
{
    public static void Validate(JsonObject container, JsonObject spec, FieldPath path, HashSet<string> hostPorts, FieldErrors errors)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (port, i) in container.Items("ports"))
        {
            var own = path.Index(i);
            Name(port, names, own.Child("name"), errors);
            var (number, hostPort) = (port.Number("containerPort") ?? 0, port.Number("hostPort") ?? 0);
            if (number == 0)
                errors.Required(own.Child("containerPort"));
            else
                errors.Number(own.Child("containerPort"), number, NameRules.PortNumber(number));
            if (hostPort == 0)
                continue;
            errors.Number(own.Child("hostPort"), hostPort, NameRules.PortNumber(hostPort));
            if (spec.Flag("hostNetwork") && hostPort != number)
                errors.Invalid(own.Child("containerPort"), number, "must match `hostPort` when `hostNetwork` is true");
            var unique = $"{port.Text("protocol")}/{port.Text("hostIP")}/{hostPort}";
            if (!hostPorts.Add(unique))
                errors.Duplicate(own.Child("hostPort"), unique);
        }
    }

    private static void Name(JsonObject port, HashSet<string> names, FieldPath path, FieldErrors errors)
    {
        if (port.Text("name") is not { Length: > 0 } name)
            return;
        var before = errors.Count;
        errors.Invalid(path, name, NameRules.PortName(name));
        if (errors.Count == before && !names.Add(name))
            errors.Duplicate(path, name);
    }
}
