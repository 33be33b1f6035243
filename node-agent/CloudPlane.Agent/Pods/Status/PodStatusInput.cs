using System.Collections.Immutable;
using CloudPlane.Client;

namespace CloudPlane.Agent;

/// <summary>Everything that a pod's status is computed from.</summary>
internal sealed record PodStatusInput
{
    public required Pod Pod { get; init; }
    public required RuntimePod Actual { get; init; }
    public required string HostIp { get; init; }
    public required DateTimeOffset Now { get; init; }

    /// <summary>What was last reported: transition times, and what containerd no longer knows.</summary>
    public PodStatus? Previous { get; init; }

    /// <summary>Why a container that should run does not, by container name: ErrImagePull, CrashLoopBackOff, ...</summary>
    public ImmutableDictionary<string, WaitingReason> Waiting { get; init; } = ImmutableDictionary<string, WaitingReason>.Empty;

    /// <summary>Tells of a running container whether it is started (startup probe) and ready (readiness probe).</summary>
    public required Func<RuntimeContainer, (bool Started, bool Ready)> Probes { get; init; }

    /// <summary>Nothing of the pod will run again, whatever its restart policy.</summary>
    public bool Terminal { get; init; }

    /// <summary>Set when the agent itself ended the pod: its phase is Failed, with this reason and message.</summary>
    public PodFailure? Failure { get; init; }
}

internal sealed record WaitingReason(string Reason, string? Message);

/// <summary>Why the agent failed a pod: DeadlineExceeded, OutOfcpu, ...</summary>
/// <param name="Reason">For status.reason.</param>
/// <param name="Message">For status.message.</param>
/// <param name="Rejected">It was never let in: its status tells of no container, as the kubelet's does.</param>
internal sealed record PodFailure(string Reason, string Message, bool Rejected = false);
