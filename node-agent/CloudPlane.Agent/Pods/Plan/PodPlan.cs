using System.Collections.Immutable;
using CloudPlane.Client;

namespace CloudPlane.Agent;

/// <summary>What to do next for a pod, decided from the desired and the actual state alone.</summary>
internal sealed record PodPlan
{
    /// <summary>Nothing will run again: every container has ended for good. Stop what is left (sidecars, the sandbox).</summary>
    public bool Finished { get; init; }

    /// <summary>The sandbox died or lost its network: stop it and its containers before another is made.</summary>
    public RuntimeSandbox? DeadSandbox { get; init; }

    public bool CreateSandbox { get; init; }

    /// <summary>The number of the sandbox to create.</summary>
    public int Attempt { get; init; }

    /// <summary>To start in this order, back-off permitting.</summary>
    public ImmutableArray<Container> Start { get; init; } = [];

    public ImmutableArray<ContainerKill> Kill { get; init; } = [];
}

/// <summary>A running container to stop, and why (the text of the Killing event).</summary>
internal sealed record ContainerKill(RuntimeContainer Container, string Message, KillReason Reason);

internal enum KillReason { SpecChanged, LivenessProbe, StartupProbe, PostStartHook, PodStopping }

/// <summary>What the planner knows beyond the spec and the runtime: probe results of running containers, by container id.</summary>
internal interface IProbeView
{
    /// <summary>True for a running container whose startup probe (if any) has succeeded.</summary>
    bool Started(RuntimeContainer container);
    bool LivenessFailed(RuntimeContainer container);
    bool StartupFailed(RuntimeContainer container);
}
