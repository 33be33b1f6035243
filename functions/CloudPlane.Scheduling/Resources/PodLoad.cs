using CloudPlane.Client;

namespace CloudPlane.Scheduling;

/// <summary>What a pod takes of its node.</summary>
internal sealed class PodLoad(PodSpec spec)
{
    public ResourceAmounts Requests { get; } = PodRequests.Of(spec);

    /// <summary>What scores compare.</summary>
    public ResourceAmounts NonZero => field ??= PodRequests.NonZero(spec);

    public IReadOnlyList<HostPort> Ports { get; } = [.. HostPort.Of(spec)];
}
