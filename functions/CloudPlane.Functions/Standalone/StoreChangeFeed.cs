using CloudPlane.Client;
using CloudPlane.Storage;

namespace CloudPlane.Functions;

/// <summary>The controllers' view of one cluster's state: the store's own log.</summary>
internal sealed class StoreChangeFeed(IStateStore store, string cluster) : IChangeFeed
{
    /// <summary>Enough for a burst to be read in one go, little enough to hold in memory.</summary>
    private const int MaxChangesPerRead = 1000;

    /// <inheritdoc/>
    public async ValueTask<FeedSnapshot> ListAsync(string resource, CancellationToken cancellationToken)
    {
        var page = await store.ListAsync(new Partition(cluster, resource), new ListQuery(), cancellationToken);
        return new FeedSnapshot(page.Revision, [.. page.Items.Select(item => item.Document)]);
    }

    /// <inheritdoc/>
    public ValueTask<long> GetHeadAsync(string resource, CancellationToken cancellationToken) =>
        store.GetHeadAsync(new Partition(cluster, resource), cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<FeedChange>?> ReadAsync(string resource, long after, CancellationToken cancellationToken)
    {
        try
        {
            var changes = await store.ReadLogAsync(new Partition(cluster, resource), after, MaxChangesPerRead, cancellationToken);
            return [.. changes.Select(change =>
                new FeedChange(change.Revision, change.Kind == ChangeKind.Deleted, change.Document, change.Previous))];
        }
        catch (RevisionExpiredException)
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public async ValueTask WaitAsync(string resource, long after, CancellationToken cancellationToken) =>
        await store.WaitForHeadAsync(new Partition(cluster, resource), after, cancellationToken);
}
