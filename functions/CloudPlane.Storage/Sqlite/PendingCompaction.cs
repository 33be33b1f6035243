namespace CloudPlane.Storage;

/// <summary>One step of a compaction on its way through the writer.</summary>
internal sealed class PendingCompaction(PartitionState partition, long revision, CancellationToken cancellationToken)
    : TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), IWriterWork
{
    public long Bytes => 0;

    public bool CancelIfRequested() => cancellationToken.IsCancellationRequested && TrySetCanceled(cancellationToken);

    public void Execute(WriteTransaction transaction) => transaction.Compact(partition, revision);

    public void Complete() => TrySetResult();

    public void Fail(Exception error) => TrySetException(error);
}
