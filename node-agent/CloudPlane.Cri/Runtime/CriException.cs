namespace CloudPlane.Cri;

/// <summary>A CRI call failed: the runtime said so, could not be reached, or answered with something that breaks the interface.</summary>
public sealed class CriException(CriStatusCode code, string message, string? method = null, Exception? cause = null) : Exception(message, cause)
{
    /// <summary>The gRPC status code.</summary>
    public CriStatusCode Code { get; } = code;

    /// <summary>The method that failed, e.g. "RunPodSandbox"; null when it was none in particular.</summary>
    public string? Method { get; } = method;

    /// <summary>The container, sandbox or image does not exist.</summary>
    public bool IsNotFound => Code == CriStatusCode.NotFound;

    /// <summary>The runtime can't be reached: it is down or restarting. Whether the call happened is unknown.</summary>
    public bool IsUnavailable => Code == CriStatusCode.Unavailable;
}
