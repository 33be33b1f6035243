namespace CloudPlane.Storage;

/// <summary>How a <see cref="SqliteStore"/> works.</summary>
public sealed record SqliteStoreOptions
{
    /// <summary>The directory that holds <c>state.db</c>; created if it does not exist.</summary>
    public required string Directory { get; init; }

    /// <summary>Bytes of one document; a larger one is <see cref="WriteOutcome.TooLarge"/>.</summary>
    public int MaxDocumentBytes { get; init; } = StoreLimits.MaxDocumentBytes;

    /// <summary>Changes of one partition that stay in memory for watchers.</summary>
    public int TailChanges { get; init; } = 4096;

    /// <summary>Bytes of documents that stay in memory for the watchers of one partition.</summary>
    public long TailBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>Revisions that one transaction of a compaction covers: writes wait for no more than that.</summary>
    public int CompactionBatch { get; init; } = 500;

    /// <summary>Pages that the database may grow to (tests of a full disk); 0 for no limit.</summary>
    internal int MaxPages { get; init; }
}
