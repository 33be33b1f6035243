namespace CloudPlane.Client;

/// <summary>Where a replica gets a resource's objects and their changes from: the store's log, in the control plane's own process.</summary>
public interface IChangeFeed
{
    /// <summary>Every object of the resource (<see cref="ResourceInfo.StorageName"/>) as UTF-8 JSON, and the revision they are as of.</summary>
    ValueTask<FeedSnapshot> ListAsync(string resource, CancellationToken cancellationToken);

    /// <summary>The newest revision of the resource.</summary>
    ValueTask<long> GetHeadAsync(string resource, CancellationToken cancellationToken);

    /// <summary>Changes after a revision, ascending; null when the log no longer reaches back so far (list again).</summary>
    ValueTask<IReadOnlyList<FeedChange>?> ReadAsync(string resource, long after, CancellationToken cancellationToken);

    /// <summary>Completes when the head of the resource is greater than <paramref name="after"/>.</summary>
    ValueTask WaitAsync(string resource, long after, CancellationToken cancellationToken);
}

/// <summary>All objects of a resource as of a revision.</summary>
public sealed record FeedSnapshot(long Revision, IReadOnlyList<ReadOnlyMemory<byte>> Objects);

/// <summary>One change; <paramref name="Previous"/> is empty for an addition, <paramref name="Document"/> is the final state for a deletion.</summary>
public sealed record FeedChange(long Revision, bool Deleted, ReadOnlyMemory<byte> Document, ReadOnlyMemory<byte> Previous);
