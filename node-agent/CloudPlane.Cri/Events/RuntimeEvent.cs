namespace CloudPlane.Cri;

/// <summary>Something happened to a container or a sandbox. A hint to look, not the truth: ask the runtime for the state.</summary>
/// <param name="Kind">What happened.</param>
/// <param name="ContainerId">The container's or the sandbox's id; "" for <see cref="RuntimeEventKind.Resync"/>.</param>
/// <param name="At">When, by the runtime's clock (by ours for a resync).</param>
/// <param name="ExitCode">Of an <see cref="RuntimeEventKind.Exited"/>, where the event tells it (containerd's own do, CRI's do not).</param>
public readonly record struct RuntimeEvent(RuntimeEventKind Kind, string ContainerId, DateTimeOffset At, int? ExitCode = null);

/// <summary>What a <see cref="RuntimeEvent"/> tells.</summary>
public enum RuntimeEventKind
{
    /// <summary>Events flow from here on; anything may have happened before, so list. First of all events, and again after each reconnect.</summary>
    Resync,
    Created,
    Started,

    /// <summary>It ended. containerd tells its subscribers and its CRI plugin at the same time: CRI's status may say "running" for a while.</summary>
    Exited,
    Deleted,
    OutOfMemory,
}
