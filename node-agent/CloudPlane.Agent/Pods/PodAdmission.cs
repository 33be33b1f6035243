using CloudPlane.Client;

namespace CloudPlane.Agent;

/// <summary>The node's last word on a pod that was bound to it (the kubelet's admission): does it fit, and does it belong here?</summary>
internal sealed class PodAdmission(NodeFacts facts, Func<Node?> node)
{
    // The kubelet's safe sysctls.
    private static readonly string[] SafeSysctls =
    [
        "kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.tcp_syncookies", "net.ipv4.ping_group_range",
            "net.ipv4.ip_unprivileged_port_start",
        "net.ipv4.ip_local_reserved_ports", "net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive_intvl",
            "net.ipv4.tcp_keepalive_probes",
        "net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem",
    ];

    /// <summary>Why the pod can't run here; null when it can.</summary>
    public PodFailure? Refusal(Pod pod, IEnumerable<Pod> others)
    {
        if (pod.Spec?.Os?.Name is { } os && os != "linux")
            return Reject("PodOSNotSupported", "Failed to admit pod as the OS field doesn't match node OS");
        if (UnsupportedFeature.Of(pod) is { } unsupported)
            return Reject("UnsupportedFeature", $"{unsupported} is not supported by this node");
        foreach (var sysctl in pod.Spec?.SecurityContext?.Sysctls ?? [])
            if (!SafeSysctls.Contains(sysctl.Name))
                return Reject("SysctlForbidden", $"forbidden sysctl: \"{sysctl.Name}\" not allowlisted");
        if (node() is { } current)
        {
            if (!NodeMatching.Matches(pod, current))
                return Reject("NodeAffinity", "Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector");
            if (NodeMatching.UntoleratedNoExecute(pod, current))
                return Reject("TaintToleration", "Predicate TaintToleration failed: node(s) had taints that the pod didn't tolerate");
        }
        Pod[] present = [.. others];
        if (HostPorts(pod).Intersect(present.SelectMany(HostPorts)).Any())
            return Reject("NodePorts", "Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports");
        return Resources(present, pod);
    }

    /// <summary>Whatever address they are bound to: one port of the node serves one pod.</summary>
    private static IEnumerable<(int Port, string Protocol)> HostPorts(Pod pod) =>
        from container in pod.AllContainers()
        from port in container.Ports ?? []
        where port.HostPort is > 0
        select (port.HostPort!.Value, port.Protocol ?? "TCP");

    private PodFailure? Resources(Pod[] others, Pod pod)
    {
        var (cpu, memory) = (others.Sum(PodRequests.MilliCpu), others.Sum(PodRequests.MemoryBytes));
        var available = facts.Allocatable;
        if (others.Length + 1 > available.Pods) return Out("pods", 1, others.Length, available.Pods);
        if (PodRequests.MilliCpu(pod) is > 0 and var wantedCpu && cpu + wantedCpu > available.MilliCpu)
            return Out("cpu", wantedCpu, cpu, available.MilliCpu);
        if (PodRequests.MemoryBytes(pod) is > 0 and var wantedMemory && memory + wantedMemory > available.MemoryBytes)
            return Out("memory", wantedMemory, memory, available.MemoryBytes);
        return null;
    }

    private static PodFailure Out(string resource, long requested, long used, long capacity) =>
        Reject($"OutOf{resource}",
            $"Node didn't have enough resource: {resource}, requested: {requested}, used: {used}, capacity: {capacity}");

    private static PodFailure Reject(string reason, string message) => new(reason, $"Pod was rejected: {message}", Rejected: true);
}
