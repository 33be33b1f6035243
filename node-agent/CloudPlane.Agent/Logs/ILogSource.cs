namespace CloudPlane.Agent;

/// <summary>Knows where containers' logs are. Implemented by whoever knows the pods of this node.</summary>
internal interface ILogSource
{
    /// <summary>The log of a container of a pod, or of its previous instance.</summary>
    /// <exception cref="LogUnavailableException">
    /// There is none, with the code and words of the kubelet: 404 `pod "y" not found`, 404 `container x not found in pod y`,
    /// 400 `container "x" in pod "y" is waiting to start: ContainerCreating`, 400 `container "x" in pod "y" is not available`,
    /// 400 `previous terminated container "x" in pod "y" not found`.
    /// </exception>
    ContainerLog Find(string @namespace, string pod, string container, bool previous);

    /// <summary>The logs that running containers write now, for rotation.</summary>
    IEnumerable<RunningLog> Running();
}

/// <summary>One container instance's log.</summary>
/// <param name="Path">The file that is (or was) written now: LogPaths.File.</param>
/// <param name="StillRunning">Whether more may come; once false it stays false. Asked a few times a second while somebody follows.</param>
internal sealed record ContainerLog(string Path, Func<bool> StillRunning)
{
    /// <summary>Whether the container has ended but the last of what it wrote may not be in the file yet: a matter of milliseconds.</summary>
    public Func<bool> Ending { get; init; } = static () => false;
}

/// <summary>The log that a running container writes.</summary>
internal sealed record RunningLog(string ContainerId, string Path);

/// <summary>No log can be given; the message is for the user.</summary>
internal sealed class LogUnavailableException(int code, string message, Exception? cause = null) : Exception(message, cause)
{
    /// <summary>The HTTP status that kubectl gets.</summary>
    public int Code { get; } = code;
}
