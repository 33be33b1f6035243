using System.Globalization;
using CloudPlane.Client;

namespace CloudPlane.Agent;

/// <summary>What presses on the node right now.</summary>
internal sealed record NodePressure(bool Memory, bool Disk, bool Pids)
{
    // The kubelet's default eviction thresholds.
    private const long LeastMemoryBytes = 100L * 1024 * 1024;
    private const double LeastStorage = 0.10;
    private const double LeastPids = 0.10;

    public static NodePressure Read(string directory) =>
        new(HostReader.MemoryAvailable() < LeastMemoryBytes, HostReader.FreeStorage(directory) < LeastStorage,
            HostReader.FreePids() < LeastPids);
}

/// <summary>The Node object as the kubelet keeps it.</summary>
internal static class NodeStatusBuilder
{
    public static Node Initial(AgentOptions options, NodeFacts facts)
    {
        var labels = new Dictionary<string, string>(options.Labels)
        {
            ["kubernetes.io/hostname"] = facts.Hostname,
            ["kubernetes.io/os"] = "linux",
            ["kubernetes.io/arch"] = facts.Architecture,
            ["beta.kubernetes.io/os"] = "linux",
            ["beta.kubernetes.io/arch"] = facts.Architecture,
        };
        return new Node
        {
            Metadata = new ObjectMeta { Name = options.NodeName, Labels = labels },
            Spec = new NodeSpec { Taints = options.Taints.Count > 0 ? options.Taints : null },
        };
    }

    public static NodeStatus Status(NodeFacts facts, string runtimeVersion, IReadOnlyList<NodeCondition> conditions,
        IReadOnlyList<ContainerImage> images) => new()
        {
            Capacity = Resources(facts.MilliCpu, facts.MemoryBytes, facts.StorageBytes, facts.MaxPods),
            Allocatable = Resources(facts.Allocatable.MilliCpu, facts.Allocatable.MemoryBytes, facts.Allocatable.EphemeralStorageBytes,
            facts.Allocatable.Pods),
            Conditions = conditions,
            Addresses = [new NodeAddress { Type = "InternalIP", Address = facts.NodeIp },
            new NodeAddress { Type = "Hostname", Address = facts.Hostname }],
            NodeInfo = new NodeSystemInfo
            {
                Architecture = facts.Architecture,
                OperatingSystem = "linux",
                KernelVersion = facts.KernelVersion,
                OsImage = facts.OsImage,
                MachineID = facts.MachineId,
                SystemUUID = facts.SystemUuid,
                BootID = facts.BootId,
                ContainerRuntimeVersion = runtimeVersion,
                KubeletVersion = "v1.34.0+cloudplane",
                KubeProxyVersion = "",
            },
            Images = images.Count > 0 ? images : null,
        };

    public static IReadOnlyList<NodeCondition> Conditions(NodePressure pressure, string? notReady, IReadOnlyList<NodeCondition>? before,
        DateTimeOffset now) =>
    [
        Condition("MemoryPressure", pressure.Memory, pressure.Memory
            ? "KubeletHasInsufficientMemory" : "KubeletHasSufficientMemory", pressure.Memory
            ? "kubelet has insufficient memory available" : "kubelet has sufficient memory available", before, now),
        Condition("DiskPressure", pressure.Disk, pressure.Disk ? "KubeletHasDiskPressure" : "KubeletHasNoDiskPressure", pressure.Disk
            ? "kubelet has disk pressure" : "kubelet has no disk pressure", before, now),
        Condition("PIDPressure", pressure.Pids, pressure.Pids ? "KubeletHasInsufficientPID" : "KubeletHasSufficientPID", pressure.Pids
            ? "kubelet has insufficient PID available" : "kubelet has sufficient PID available", before, now),
        Condition("Ready", notReady is null, notReady is null ? "KubeletReady" : "KubeletNotReady", notReady
            ?? "kubelet is posting ready status", before, now),
    ];

    private static NodeCondition Condition(string type, bool status, string reason, string message, IReadOnlyList<NodeCondition>? before,
        DateTimeOffset now)
    {
        var text = status ? "True" : "False";
        var old = before?.FirstOrDefault(c => c.Type == type);
        var at = ApiTime.WholeSeconds(now);
        return new NodeCondition
        {
            Type = type,
            Status = text,
            Reason = reason,
            Message = message,
            LastHeartbeatTime = at,
            LastTransitionTime = old?.Status == text ? old.LastTransitionTime ?? at : at
        };
    }

    private static Dictionary<string, string> Resources(long milliCpu, long memory, long storage, int pods) => new()
    {
        ["cpu"] = milliCpu % 1000 == 0 ? Text(milliCpu / 1000) : $"{Text(milliCpu)}m",
        ["memory"] = $"{Text(memory / 1024)}Ki",
        ["ephemeral-storage"] = $"{Text(storage / 1024)}Ki",
        ["pods"] = Text(pods),
    };

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
