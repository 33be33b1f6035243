using System.Runtime.CompilerServices;
using CloudPlane.Client;

namespace CloudPlane.Scheduling;

/// <summary>Remembers what pods take for as long as their records live: parsing quantities is most of the work of a decision.</summary>
internal sealed class PodLoads
{
    private readonly ConditionalWeakTable<Pod, PodLoad> _loads = [];

    public PodLoad Of(Pod pod) => _loads.GetValue(pod, static p => new PodLoad(p.Spec ?? new()));
}
