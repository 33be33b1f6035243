using System.Globalization;
using CloudPlane.Client;

namespace CloudPlane.Agent;

/// <summary>The variables by which containers find services: NAME_SERVICE_HOST, NAME_SERVICE_PORT and docker's link variables.</summary>
internal static class ServiceVariables
{
    /// <summary>Of the pod's namespace if it wants links, and always of kubernetes, the API itself.</summary>
    public static Dictionary<string, string> Of(Pod pod, IEnumerable<Service> services)
    {
        var links = pod.Spec?.EnableServiceLinks != false;
        var variables = new Dictionary<string, string>();
        // The pod's own namespace comes last: its service named kubernetes wins over the API's.
        foreach (var service in services.OrderBy(s => s.Metadata.Namespace == pod.Namespace()))
        {
            var api = service.Metadata is { Namespace: "default", Name: "kubernetes" };
            if (!api && !(links && service.Metadata.Namespace == pod.Namespace())) continue;
            if (service.Spec is { ClusterIP: { Length: > 0 } ip } spec && ip != "None")
                Add(variables, service.Metadata.Name ?? "", ip, spec.Ports ?? []);
        }
        return variables;
    }

    private static void Add(Dictionary<string, string> variables, string name, string ip, IReadOnlyList<ServicePort> ports)
    {
        if (ports.Count == 0) return;
        var prefix = Upper(name);
        variables[$"{prefix}_SERVICE_HOST"] = ip;
        variables[$"{prefix}_SERVICE_PORT"] = Text(ports[0].Port);
        foreach (var port in ports)
            if (port.Name is { Length: > 0 } portName) variables[$"{prefix}_SERVICE_PORT_{Upper(portName)}"] = Text(port.Port);
        for (var i = 0; i < ports.Count; i++)
        {
            var protocol = (ports[i].Protocol ?? "TCP").ToUpperInvariant();
            var number = Text(ports[i].Port);
            var url = $"{protocol.ToLowerInvariant()}://{ip}:{number}";
            if (i == 0) variables[$"{prefix}_PORT"] = url;
            var port = $"{prefix}_PORT_{number}_{protocol}";
            variables[port] = url;
            variables[$"{port}_PROTO"] = protocol.ToLowerInvariant();
            variables[$"{port}_PORT"] = number;
            variables[$"{port}_ADDR"] = ip;
        }
    }

    private static string Upper(string name) => name.Replace('-', '_').ToUpperInvariant();

    private static string Text(int? port) => (port ?? 0).ToString(CultureInfo.InvariantCulture);
}
