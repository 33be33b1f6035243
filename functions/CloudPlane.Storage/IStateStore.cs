namespace CloudPlane.Storage;

/// <summary>
/// Revisioned state: partitions of documents, each partition with a revision of its own and a log of its changes.
/// Every backend passes the same contract tests; callers can't tell them apart.
/// </summary>
/// <remarks>
/// Errors: <see cref="RevisionExpiredException"/> where a revision is older than the log reaches;
/// <see cref="StoreUnavailableException"/> where the backend can't answer now (the outcome of a write is then unknown unless
/// the exception says otherwise). A lost race is never an exception: see <see cref="WriteResult"/>.
/// </remarks>
public interface IStateStore : IAsyncDisposable
{
    /// <summary>The newest revision of the partition; 0 before its first write.</summary>
    ValueTask<long> GetHeadAsync(Partition partition, CancellationToken cancellationToken);

    /// <summary>The current document, or null.</summary>
    ValueTask<StoredObject?> GetAsync(Partition partition, ObjectKey key, CancellationToken cancellationToken);

    /// <summary>One page of documents in the order of <see cref="ObjectKey.CompareTo"/>, all as of one revision.</summary>
    ValueTask<ObjectPage> ListAsync(Partition partition, ListQuery query, CancellationToken cancellationToken);

    /// <summary>
    /// The same objects as <see cref="ListAsync"/>, in pages of bounded size that all are as of one revision: for lists that are passed on
    /// while they are read, so that nobody holds all of one. There is always a page, the only one that may be empty being the only one.
    /// <see cref="ObjectPage.Remaining"/> of the last page is what <see cref="ListAsync"/> would say; before, it is only sure to be more than 0.
    /// A reader that takes its time holds nothing up, but the log may be compacted past the scan's revision meanwhile.
    /// </summary>
    /// <exception cref="RevisionExpiredException">Between two pages too: the log no longer reaches back to the scan's revision.</exception>
    IAsyncEnumerable<ObjectPage> ScanAsync(Partition partition, ListQuery query, CancellationToken cancellationToken);

    /// <summary>
    /// Commits one write durably, or says why not. Concurrent writes to one partition share a transaction (group commit);
    /// each keeps its own precondition and its own answer. A write that was committed may be repeated with its operation id: as long
    /// as nothing else changed the object since, and the backend remembers, the answer is the first one's, not a conflict.
    /// Cancellation before the commit has begun means that nothing was written; from then on it is ignored.
    /// </summary>
    ValueTask<WriteResult> WriteAsync(Partition partition, Write write, CancellationToken cancellationToken);

    /// <summary>
    /// Changes with a revision greater than <paramref name="after"/>, ascending and without gaps, at most <paramref name="limit"/>;
    /// empty when there are none yet.
    /// </summary>
    /// <exception cref="RevisionExpiredException">The log no longer reaches back to <paramref name="after"/>.</exception>
    ValueTask<IReadOnlyList<Change>> ReadLogAsync(Partition partition, long after, int limit, CancellationToken cancellationToken);

    /// <summary>Completes when the partition's head is greater than <paramref name="after"/>, and returns that head.</summary>
    ValueTask<long> WaitForHeadAsync(Partition partition, long after, CancellationToken cancellationToken);

    /// <summary>
    /// Forgets history up to and including <paramref name="revision"/>: changes that a later change of the same object at or before
    /// that revision supersedes, and deletions. Reads at a revision at or after it, and each kept change's
    /// <see cref="Change.Previous"/>, stay possible. A revision that is compacted already is no error.
    /// </summary>
    /// <exception cref="RevisionInFutureException">The partition has not reached <paramref name="revision"/> yet.</exception>
    ValueTask CompactAsync(Partition partition, long revision, CancellationToken cancellationToken);

    /// <summary>The resources of a cluster that have ever been written, in ordinal order.</summary>
    ValueTask<IReadOnlyList<Partition>> ListPartitionsAsync(string cluster, CancellationToken cancellationToken);
}
