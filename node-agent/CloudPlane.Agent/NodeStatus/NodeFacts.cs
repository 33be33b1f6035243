using CloudPlane.Client;

namespace CloudPlane.Agent;

/// <summary>What this machine is and has; read once at start.</summary>
internal sealed record NodeFacts
{
    public required string NodeIp { get; init; }
    public required string Hostname { get; init; }
    public required string Architecture { get; init; }
    public required string KernelVersion { get; init; }
    public required string OsImage { get; init; }
    public required string MachineId { get; init; }
    public required string SystemUuid { get; init; }
    public required string BootId { get; init; }
    public required long MilliCpu { get; init; }
    public required long MemoryBytes { get; init; }
    public required long StorageBytes { get; init; }
    public required int MaxPods { get; init; }

    /// <summary>Nothing is held back for the system yet, but disk space: pods may have what the kubelet's default leaves them (90
    /// %).</summary>
    public NodeAllocatable Allocatable => new(MilliCpu, MemoryBytes, StorageBytes / 10 * 9, MaxPods);
}
