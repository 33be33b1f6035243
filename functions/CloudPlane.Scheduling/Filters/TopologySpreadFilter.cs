using CloudPlane.Client;

namespace CloudPlane.Scheduling;

/// <summary>
/// spec.topologySpreadConstraints with DoNotSchedule: no domain may have more than maxSkew matching pods above the emptiest
/// (https://kubernetes.io/docs/concepts/scheduling-eviction/topology-spread-constraints/).
/// </summary>
internal sealed class TopologySpreadFilter : IClusterFilter
{
    public IFilter? For(PodInfo pod, ClusterView cluster)
    {
        var hard = (pod.Spec.TopologySpreadConstraints ?? []).Where(c => c.WhenUnsatisfiable is null or "DoNotSchedule").ToArray();
        return hard.Length == 0 ? null : new Rules([.. hard.Select(c => new SpreadCount(c, hard, pod, cluster))]);
    }

    private sealed class Rules(SpreadCount[] constraints) : IFilter
    {
        public Rejection? Check(PodInfo pod, NodeView node)
        {
            foreach (var constraint in constraints)
            {
                if (constraint.DomainOf(node) is not { } domain)
                    return new("node(s) didn't match pod topology spread constraints (missing required label)", unresolvable: true);
                if (constraint.SkewWith(domain) > constraint.MaxSkew)
                    return new("node(s) didn't match pod topology spread constraints", unresolvable: false);
            }
            return null;
        }
    }
}
