namespace CloudPlane.Storage;

/// <summary>Somebody found the index lagging; nobody waits for the result.</summary>
internal sealed class PendingIndexing(PartitionState partition) : IWriterWork
{
    public long Bytes => 0;

    public bool CancelIfRequested() => partition.Recent.Count == 0;

    public void Execute(WriteTransaction transaction) => transaction.Index(partition);

    public void Complete()
    {
    }

    public void Fail(Exception error)
    {
        // The index only saves time; the next write meets the same error and reports it.
    }
}
