using CloudPlane.Client;

namespace CloudPlane.Scheduling;

/// <summary>A port that a pod takes on its node.</summary>
internal readonly record struct HostPort(string Address, string Protocol, int Port)
{
    private const string AnyAddress = "0.0.0.0";

    public static IEnumerable<HostPort> Of(PodSpec spec)
    {
        // Init containers that stay (sidecars) hold their ports as containers do.
        var containers = (spec.Containers ?? []).Concat((spec.InitContainers ?? []).Where(c => c.RestartPolicy == "Always"));
        foreach (var port in containers.SelectMany(c => c.Ports ?? []))
            if (port.HostPort is > 0)
                yield return new(string.IsNullOrEmpty(port.HostIP) ? AnyAddress : port.HostIP, port.Protocol ?? "TCP", port.HostPort.Value);
    }

    public bool ConflictsWith(HostPort other) =>
        Port == other.Port && Protocol == other.Protocol && (Address == other.Address || Address == AnyAddress || other.Address == AnyAddress);
}
