namespace CloudPlane.Cri;

/// <summary>Something happened to a container or a sandbox. A hint to look, not the truth: ask the runtime for the state.</summary>
/// <param name="Kind">What happened.</param>
/// <param name="ContainerId">The container's or the sandbox's id; "" for <see cref="RuntimeEventKind.Resync"/>.</param>
/// <param name="At">When, by the runtime's clock (by ours for a resync).</param>
public readonly record struct RuntimeEvent(RuntimeEventKind Kind, string ContainerId, DateTimeOffset At);

/// <summary>What a <see cref="RuntimeEvent"/> tells.</summary>
public enum RuntimeEventKind
{
    /// <summary>Events flow from here on; anything may have happened before, so list. First of all events, and again after each reconnect.</summary>
    Resync,
    Created,
    Started,

    /// <summary>It ended, and the runtime's status says so by now.</summary>
    Exited,
    Deleted,
    OutOfMemory,
}
