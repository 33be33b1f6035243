using CloudPlane.Client;

namespace CloudPlane.Scheduling;

/// <summary>Says whether a pod can run on a node.</summary>
internal interface IFilter
{
    /// <summary>Null when it can.</summary>
    Rejection? Check(PodInfo pod, NodeView node);
}

/// <summary>Why not, in Kubernetes' words. <paramref name="Unresolvable"/>: no matter which pods were evicted.</summary>
internal sealed record Rejection(IReadOnlyList<string> Reasons, bool Unresolvable)
{
    public Rejection(string reason, bool unresolvable) : this([reason], unresolvable)
    {
    }
}

/// <summary>A pod to place, with what is computed once per decision.</summary>
internal sealed class PodInfo(Pod pod)
{
    public Pod Pod { get; } = pod;

    public PodSpec Spec { get; } = pod.Spec!;

    public ResourceAmounts Requests { get; } = PodRequests.Of(pod.Spec!);

    public ResourceAmounts NonZeroRequests { get; } = PodRequests.NonZero(pod.Spec!);

    public IReadOnlyList<HostPort> Ports { get; } = [.. HostPort.Of(pod.Spec!)];
}
