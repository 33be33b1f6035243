using CloudPlane.Client;

namespace CloudPlane.Agent;

/// <summary>What a pod's actor may be told.</summary>
internal abstract record PodMessage
{
    /// <summary>The API's object as it is now.</summary>
    public sealed record Updated(Pod Pod) : PodMessage;

    /// <summary>The API no longer has it; this was its last state.</summary>
    public sealed record Removed(Pod Last) : PodMessage;

    /// <summary>This node has no room for it, or is not where it belongs.</summary>
    public sealed record Rejected(PodFailure Failure) : PodMessage;

    /// <summary>The runtime says that a container or sandbox ended, and how if it tells that.</summary>
    public sealed record Exited(string Id, ContainerEnd? End) : PodMessage;

    /// <summary>The kernel killed a process of a container that was over its memory.</summary>
    public sealed record OutOfMemory(string Id) : PodMessage;

    /// <summary>A list of the runtime shows this; null says that anything may have happened.</summary>
    public sealed record Listed(PodDigest? Digest) : PodMessage;

    /// <summary>What the pod's volumes show may have changed.</summary>
    public sealed record RefreshVolumes : PodMessage;

    /// <summary>Look again: a timer is due, or something outside changed.</summary>
    public sealed record Wake : PodMessage;

    /// <summary>The result of an operation or probe, to be applied by the actor's own loop.</summary>
    public sealed record Apply(Action Action) : PodMessage;
}

/// <summary>How a container's process ended.</summary>
internal sealed record ContainerEnd(int ExitCode, DateTimeOffset At);
