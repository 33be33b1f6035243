using CloudPlane.Storage;

namespace CloudPlane.Functions;

/// <summary>Forgets history that is older than a watch may resume from: five minutes, as kube-apiserver's etcd compaction.</summary>
internal sealed class HistoryCompaction(IStateStore store, string cluster, TimeProvider time)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(5);

    /// <summary>Runs until cancelled. Each round compacts to the heads that the round before saw.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var heads = new Dictionary<Partition, long>();
        while (true)
        {
            await Task.Delay(Interval, time, cancellationToken);
            try
            {
                heads = await CompactAsync(heads, cancellationToken);
            }
            catch (StoreUnavailableException)
            {
                // The next round does it; history that lives a little longer harms nobody.
            }
        }
    }

    private async Task<Dictionary<Partition, long>> CompactAsync(Dictionary<Partition, long> previous, CancellationToken cancellationToken)
    {
        var heads = new Dictionary<Partition, long>();
        foreach (var partition in await store.ListPartitionsAsync(cluster, cancellationToken))
        {
            heads[partition] = await store.GetHeadAsync(partition, cancellationToken);
            if (previous.TryGetValue(partition, out var revision))
                await store.CompactAsync(partition, revision, cancellationToken);
        }

        return heads;
    }
}
