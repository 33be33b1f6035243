using CloudPlane.Client;
using CloudPlane.Cri;

namespace CloudPlane.Agent;

/// <summary>What every pod's actor shares.</summary>
internal sealed record PodServices
{
    public required AgentOptions Options { get; init; }
    public required ApiClient Api { get; init; }
    public required ICriRuntime Runtime { get; init; }
    public required RuntimeReader Reader { get; init; }
    public required MemoryKills MemoryKills { get; init; }
    public required ImagePuller Images { get; init; }
    public required PodVolumes Volumes { get; init; }
    public required IObjectSource Objects { get; init; }
    public required PodPaths Paths { get; init; }
    public required SandboxStarter Sandboxes { get; init; }
    public required ContainerStarter Starter { get; init; }
    public required ContainerStopper Stopper { get; init; }
    public required IProber Prober { get; init; }
    public required NodeEvents Events { get; init; }
    public required NodeFacts Facts { get; init; }
    public required RuntimeHealth Health { get; init; }
    public required ContainerIndex Index { get; init; }
    public required TimeProvider Time { get; init; }
    public required AgentLog Log { get; init; }

    public DownwardFields FieldsOf(Pod pod, RuntimeSandbox? sandbox) => new(
        pod, Options.NodeName, Facts.NodeIp, pod.HostNetwork() ? [Facts.NodeIp] : sandbox?.Ips is { IsDefault: false } ips
            ? ips : [], Facts.Allocatable);
}
