using System.Text.Json.Nodes;

namespace CloudPlane.Schema;

internal static class ServicePorts
{
    public static void Validate(JsonObject spec, FieldPath path, FieldErrors errors)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        var ports = new HashSet<(long, string)>();
        var nodePorts = new HashSet<(long, string)>();
        var several = spec.Array("ports") is { Count: > 1 };
        foreach (var (port, i) in spec.Items("ports"))
        {
            var own = path.Index(i);
            Name(port, several, names, own, errors);
            Numbers(port, spec.Text("type"), own, errors);
            var (number, protocol) = (port.Number("port") ?? 0, port.Text("protocol") ?? "");
            if (!ports.Add((number, protocol)))
                errors.Duplicate(own, new JsonObject { ["protocol"] = protocol, ["port"] = number });
            if (port.Number("nodePort") is > 0 and var nodePort && !nodePorts.Add((nodePort, protocol)))
                errors.Duplicate(own.Child("nodePort"), nodePort);
        }
    }

    private static void Name(JsonObject port, bool required, HashSet<string> names, FieldPath path, FieldErrors errors)
    {
        var name = port.Text("name") ?? "";
        if (name.Length == 0 && required)
            errors.Required(path.Child("name"));
        else if (name.Length > 0)
        {
            errors.Invalid(path.Child("name"), name, NameRules.Label(name));
            if (!names.Add(name))
                errors.Duplicate(path.Child("name"), name);
        }
    }

    private static void Numbers(JsonObject port, string? type, FieldPath path, FieldErrors errors)
    {
        errors.Number(path.Child("port"), port.Number("port") ?? 0, NameRules.PortNumber(port.Number("port") ?? 0));
        PortReference(port["targetPort"], path.Child("targetPort"), errors);
        if (port.Text("appProtocol") is { } protocol)
            errors.Invalid(path.Child("appProtocol"), protocol, NameRules.QualifiedName(protocol));
        if (port.Number("nodePort") is not { } nodePort || nodePort == 0)
            return;
        if (type is "ClusterIP")
            errors.Forbidden(path.Child("nodePort"), "may not be used when `type` is 'ClusterIP'");
        errors.Number(path.Child("nodePort"), nodePort, NameRules.PortNumber(nodePort));
    }

    /// <summary>A port by number or by name.</summary>
    public static void PortReference(JsonNode? port, FieldPath path, FieldErrors errors)
    {
        if (port.AsText() is { } name)
            errors.Invalid(path, name, NameRules.PortName(name));
        else
            errors.Number(path, port.AsNumber() ?? 0, NameRules.PortNumber(port.AsNumber() ?? 0));
    }
}
