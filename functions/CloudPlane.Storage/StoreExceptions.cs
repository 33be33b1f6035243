namespace CloudPlane.Storage;

/// <summary>The revision asked for is older than the log reaches (HTTP 410 for clients).</summary>
public sealed class RevisionExpiredException(long requested, long compacted)
    : Exception($"revision {requested} is older than the compacted revision {compacted}")
{
    /// <summary>The revision that was asked for.</summary>
    public long Requested { get; } = requested;

    /// <summary>The oldest revision that can still be read.</summary>
    public long Compacted { get; } = compacted;
}

/// <summary>The revision asked for has not happened yet.</summary>
public sealed class RevisionInFutureException(long requested, long head)
    : Exception($"revision {requested} is in the future, the newest is {head}")
{
    /// <summary>The revision that was asked for.</summary>
    public long Requested { get; } = requested;

    /// <summary>The newest revision.</summary>
    public long Head { get; } = head;
}

/// <summary>The backend can't answer now. Reads may be repeated; of a write it is unknown whether it happened.</summary>
public sealed class StoreUnavailableException(string message, Exception? cause = null) : Exception(message, cause);
