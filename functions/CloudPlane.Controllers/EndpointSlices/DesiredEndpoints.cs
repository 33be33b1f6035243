using CloudPlane.Client;

namespace CloudPlane.Controllers;

/// <summary>The endpoints that a Service's pods make, grouped by the ports they are reached at (a named targetPort may differ per pod).</summary>
internal static class DesiredEndpoints
{
    private const string ZoneLabel = "topology.kubernetes.io/zone";

    public static IReadOnlyList<EndpointGroup> Of(Service service, IEnumerable<Pod> pods, ReplicaSnapshot<Node> nodes, string addressType) =>
    [
        .. pods.Where(pod => !pod.IsTerminal() && AddressesOf(pod, addressType).Count > 0)
            .Select(pod => (Ports: PortsOf(service, pod), Endpoint: EndpointOf(service, pod, nodes, addressType)))
            // Nothing to be reached at: a Service with ports none of which this pod has.
            .Where(reached => reached.Ports.Count > 0 || service.Spec?.Ports is not { Count: > 0 })
            .GroupBy(reached => PortKey(reached.Ports))
            .OrderBy(group => group.Key, StringComparer.Ordinal)
            .Select(group => new EndpointGroup(group.Key, group.First().Ports, [.. group.Select(reached => reached.Endpoint)])),
    ];

    /// <summary>Tells port lists apart.</summary>
    public static string PortKey(IReadOnlyList<EndpointPort>? ports) =>
        string.Join(';', (ports ?? []).Select(port => $"{port.Name}|{port.Protocol}|{port.Port}|{port.AppProtocol}").Order(StringComparer.Ordinal));

    private static Endpoint EndpointOf(Service service, Pod pod, ReplicaSnapshot<Node> nodes, string addressType)
    {
        var serving = pod.IsReady();
        var terminating = pod.IsTerminating();
        var node = pod.Spec?.NodeName is { Length: > 0 } name ? name : null;
        var named = pod.Spec?.Hostname is { Length: > 0 } && pod.Spec.Subdomain == service.Metadata.Name;
        return new Endpoint
        {
            Addresses = AddressesOf(pod, addressType),
            Conditions = new EndpointConditions
            {
                Ready = service.Spec?.PublishNotReadyAddresses == true || (serving && !terminating),
                Serving = serving,
                Terminating = terminating,
            },
            Hostname = named ? pod.Spec!.Hostname : null,
            NodeName = node,
            Zone = node is null ? null : nodes.Get("", node)?.Metadata.Labels.Find(ZoneLabel),
            TargetRef = new ObjectReference { Kind = "Pod", Namespace = pod.Metadata.Namespace, Name = pod.Metadata.Name, Uid = pod.Metadata.Uid },
        };
    }

    private static IReadOnlyList<string> AddressesOf(Pod pod, string addressType)
    {
        var all = pod.Status?.PodIPs is { Count: > 0 } many ? many.Select(address => address.Ip) : [pod.Status?.PodIP];
        return [.. all.OfType<string>().Where(address => address.Length > 0 && address.Contains(':') == (addressType == "IPv6"))];
    }

    private static IReadOnlyList<EndpointPort> PortsOf(Service service, Pod pod) =>
    [
        .. (service.Spec?.Ports ?? [])
            .Select(port => (Port: port, Number: NumberOf(port, pod)))
            .Where(found => found.Number is not null)
            .Select(found => new EndpointPort
            {
                Name = found.Port.Name ?? "",
                Port = found.Number,
                Protocol = found.Port.Protocol ?? "TCP",
                AppProtocol = found.Port.AppProtocol,
            }),
    ];

    private static int? NumberOf(ServicePort port, Pod pod)
    {
        if (port.TargetPort is not { } target || (target.IsInt && target.IntValue == 0))
        {
            return port.Port;
        }
        if (target.IsInt)
        {
            return target.IntValue;
        }
        // Restartable init containers (sidecars) serve ports as well.
        var sidecars = (pod.Spec?.InitContainers ?? []).Where(container => container.RestartPolicy == "Always");
        return (pod.Spec?.Containers ?? []).Concat(sidecars)
            .SelectMany(container => container.Ports ?? [])
            .FirstOrDefault(declared => declared.Name == target.Text && (declared.Protocol ?? "TCP") == (port.Protocol ?? "TCP"))?.Port;
    }
}

/// <summary>Endpoints that share their ports.</summary>
internal sealed record EndpointGroup(string Key, IReadOnlyList<EndpointPort> Ports, IReadOnlyList<Endpoint> Endpoints);
