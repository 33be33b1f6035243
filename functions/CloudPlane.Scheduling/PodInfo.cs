using CloudPlane.Client;

namespace CloudPlane.Scheduling;

/// <summary>A pod to place, with what is computed once per decision.</summary>
internal sealed class PodInfo(Pod pod, PodLoad load)
{
    public PodInfo(Pod pod) : this(pod, new PodLoad(pod.Spec!))
    {
    }

    public Pod Pod { get; } = pod;

    public PodSpec Spec { get; } = pod.Spec!;

    public PodLoad Load { get; } = load;
}
