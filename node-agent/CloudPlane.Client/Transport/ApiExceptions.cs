namespace CloudPlane.Client;

/// <summary>The API server answered with a metav1.Status that says no.</summary>
public sealed class ApiException(int code, string reason, string message) : Exception(message)
{
    /// <summary>The HTTP status code.</summary>
    public int Code { get; } = code;

    /// <summary>metav1.StatusReason, e.g. "NotFound", "Conflict", "AlreadyExists", "Expired"; "" when the answer was no Status.</summary>
    public string Reason { get; } = reason;
    public bool IsNotFound => Code == 404;
    public bool IsConflict => Code == 409 && Reason == "Conflict";
    public bool IsAlreadyExists => Code == 409 && Reason == "AlreadyExists";
    public bool IsExpired => Code == 410;
}

/// <summary>The API server could not be reached or the connection broke: the outcome of the call is unknown.</summary>
public sealed class ApiUnreachableException(string message, Exception? cause = null) : Exception(message, cause);
