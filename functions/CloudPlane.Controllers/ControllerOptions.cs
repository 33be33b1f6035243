using CloudPlane.Client;

namespace CloudPlane.Controllers;

/// <summary>What can be set about the controllers; the defaults are kube-controller-manager's.</summary>
public sealed record ControllerOptions
{
    /// <summary>The cluster whose objects these controllers look after.</summary>
    public string Cluster { get; init; } = "default";

    /// <summary>How long a node may go without renewing its Lease before it is given up (--node-monitor-grace-period).</summary>
    public TimeSpan NodeMonitorGracePeriod { get; init; } = TimeSpan.FromSeconds(40);

    /// <summary>
    /// Nodes are looked at, by the clock, at multiples of this, which is how often they renew: where each look wakes a process, few are better.
    /// A node is given up later by as much at most, by the five seconds that a look leaves for renewals, and in the cloud form by what Grid rounds
    /// up (128 s, for delays of up to 17 minutes). Zero looks exactly when the first lease would have run out.
    /// </summary>
    public TimeSpan NodeLookPeriod { get; init; } = TimeSpan.Zero;

    /// <summary>
    /// Whether nodes get their grace period anew when this process starts: right where nobody takes renewals while it is down, wrong where
    /// processes come and go.
    /// </summary>
    public bool GraceFromStart { get; init; } = true;

    /// <summary>The same for a node that has not reported any status yet (--node-startup-grace-period).</summary>
    public TimeSpan NodeStartupGracePeriod { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The network that nodes get their pods' networks from (--cluster-cidr): IPv4, with a prefix of at most 24.</summary>
    public string PodNetwork { get; init; } = "10.244.0.0/16";

    /// <summary>How long the node of a pod has to be missing before the pod is removed.</summary>
    public TimeSpan MissingNodeQuarantine { get; init; } = TimeSpan.FromSeconds(40);

    /// <summary>Finished pods beyond this many are removed, the oldest first (--terminated-pod-gc-threshold).</summary>
    public int TerminatedPodThreshold { get; init; } = 12500;

    /// <summary>How long an Event is kept after it was last seen (--event-ttl).</summary>
    public TimeSpan EventLifetime { get; init; } = TimeSpan.FromHours(1);

    /// <summary>The PEM certificates that pods trust the API server by; null for none, then no kube-root-ca.crt is published.</summary>
    public string? ClusterCaPem { get; init; }
}
