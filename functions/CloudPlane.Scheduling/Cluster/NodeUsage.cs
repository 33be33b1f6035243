using CloudPlane.Client;

namespace CloudPlane.Scheduling;

/// <summary>What the pods of a node take of it.</summary>
internal sealed class NodeUsage
{
    private readonly List<HostPort> _ports;

    private NodeUsage(ResourceAmounts requested, ResourceAmounts nonZero, List<HostPort> ports, int pods)
    {
        Requested = requested;
        NonZero = nonZero;
        _ports = ports;
        Pods = pods;
    }

    public ResourceAmounts Requested { get; }

    public ResourceAmounts NonZero { get; }

    public IReadOnlyList<HostPort> Ports => _ports;

    public int Pods { get; private set; }

    public static NodeUsage Of(IEnumerable<Pod> pods, PodLoads loads)
    {
        var usage = new NodeUsage(new(), new(), [], 0);
        foreach (var pod in pods) usage.Add(pod, loads);
        return usage;
    }

    /// <summary>The usage with more pods; this one stays as it is.</summary>
    public NodeUsage With(IEnumerable<Pod> pods, PodLoads loads)
    {
        var usage = new NodeUsage(Requested.Copy(), NonZero.Copy(), [.. _ports], Pods);
        foreach (var pod in pods) usage.Add(pod, loads);
        return usage;
    }

    private void Add(Pod pod, PodLoads loads)
    {
        // A finished pod has given back what it had.
        if (PodState.IsTerminal(pod)) return;
        var load = loads.Of(pod);
        Requested.Add(load.Requests);
        NonZero.Add(load.NonZero);
        _ports.AddRange(load.Ports);
        Pods++;
    }
}
