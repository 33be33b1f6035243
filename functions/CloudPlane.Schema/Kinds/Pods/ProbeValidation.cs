using System.Text.Json.Nodes;

namespace CloudPlane.Schema;

internal static class ProbeValidation
{
    public static void Validate(JsonObject container, FieldPath path, FieldErrors errors)
    {
        foreach (var name in (string[])["livenessProbe", "readinessProbe", "startupProbe"])
        {
            if (container.Object(name) is { } probe)
                Probe(probe, name, path.Child(name), errors);
        }
    }

    /// <summary>Exactly one of <paramref name="kinds"/>, and that one complete.</summary>
    public static void Handler(JsonObject handler, string[] kinds, FieldPath path, FieldErrors errors)
    {
        var set = kinds.Where(handler.ContainsKey).ToList();
        if (set.Count == 0)
            errors.Required(path, "must specify a handler type");
        foreach (var more in set.Skip(1))
            errors.Forbidden(path.Child(more), "may not specify more than 1 handler type");
        if (set.Count > 0)
            One(handler[set[0]]!, set[0], path.Child(set[0]), errors);
    }

    private static void One(JsonNode handler, string kind, FieldPath path, FieldErrors errors)
    {
        switch (kind)
        {
            case "exec" when handler.Array("command") is null or { Count: 0 }:
                errors.Required(path.Child("command"));
                break;
            case "httpGet":
                HttpGet(handler, path, errors);
                break;
            case "tcpSocket" or "grpc":
                ServicePorts.PortReference(handler["port"], path.Child("port"), errors);
                break;
            case "sleep" when handler.Number("seconds") is < 0 and var seconds:
                errors.Invalid(path, seconds, "must be greater than or equal to 0 and less than terminationGracePeriodSeconds");
                break;
        }
    }

    private static void HttpGet(JsonNode handler, FieldPath path, FieldErrors errors)
    {
        if (handler.Text("path") is null or "")
            errors.Required(path.Child("path"));
        ServicePorts.PortReference(handler["port"], path.Child("port"), errors);
        foreach (var (header, _) in handler.Items("httpHeaders"))
        {
            var name = header.Text("name") ?? "";
            errors.Invalid(path.Child("httpHeaders"), name, NameRules.HttpHeaderName(name));
        }
    }

    private static void Probe(JsonObject probe, string kind, FieldPath path, FieldErrors errors)
    {
        Handler(probe, ["exec", "httpGet", "tcpSocket", "grpc"], path, errors);
        foreach (var name in (string[])["initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold"])
        {
            if (probe.Number(name) is < 0)
                errors.Invalid(path.Child(name), probe[name], "must be greater than or equal to 0");
        }

        var grace = probe.Number("terminationGracePeriodSeconds");
        if (kind == "readinessProbe" && grace is not null)
            errors.Invalid(path.Child("terminationGracePeriodSeconds"), grace, "must not be set for readinessProbes");
        else if (grace <= 0)
            errors.Invalid(path.Child("terminationGracePeriodSeconds"), grace, "must be greater than 0");
        if (kind != "readinessProbe" && probe.Number("successThreshold") is { } successes && successes != 1)
            errors.Invalid(path.Child("successThreshold"), successes, "must be 1");
    }
}
