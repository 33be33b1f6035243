using CloudPlane.Client;

namespace CloudPlane.Scheduling;

/// <summary>A pod to place, with what is computed once per decision.</summary>
internal sealed class PodInfo(Pod pod)
{
    public Pod Pod { get; } = pod;

    public PodSpec Spec { get; } = pod.Spec!;

    public ResourceAmounts Requests { get; } = PodRequests.Of(pod.Spec!);

    /// <summary>For scores only: made when first asked for.</summary>
    public ResourceAmounts NonZeroRequests => field ??= PodRequests.NonZero(Spec);

    public IReadOnlyList<HostPort> Ports { get; } = [.. HostPort.Of(pod.Spec!)];
}
