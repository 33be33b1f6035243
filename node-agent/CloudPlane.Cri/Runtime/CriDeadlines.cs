namespace CloudPlane.Cri;

/// <summary>How long calls to the runtime may take, as the kubelet has them (--runtime-request-timeout).</summary>
public sealed record CriDeadlines
{
    /// <summary>For calls that have no other. Default 2 minutes.</summary>
    public TimeSpan Default { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>A sandbox may pull its pause image and set up its network. Default 4 minutes.</summary>
    public TimeSpan RunPodSandbox { get; init; } = TimeSpan.FromMinutes(4);

    /// <summary>For a call that itself waits up to so many seconds.</summary>
    internal TimeSpan Extended(long seconds) => Default + TimeSpan.FromSeconds(Math.Clamp(seconds, 0, 365 * 24 * 3600));
}
