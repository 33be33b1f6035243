namespace CloudPlane.Api;

/// <summary>A failure that the caller is told of: the content of a metav1.Status.</summary>
internal sealed class ApiStatusException(int code, string reason, string message) : Exception(message)
{
    public int Code { get; } = code;

    /// <summary>metav1.StatusReason; "" for none.</summary>
    public string Reason { get; } = reason;

    public StatusDetails? Details { get; init; }

    /// <summary>A token to go on with a list whose own token has expired, or null.</summary>
    public string? Continue { get; init; }
}

/// <summary>metav1.StatusDetails.</summary>
internal sealed record StatusDetails(string Name, string Group, string Kind)
{
    public string Uid { get; init; } = "";

    public IReadOnlyList<StatusCause> Causes { get; init; } = [];

    /// <summary>Seconds; 0 for none.</summary>
    public int RetryAfterSeconds { get; init; }
}

/// <summary>metav1.StatusCause.</summary>
internal sealed record StatusCause(string Reason, string Message, string Field);
