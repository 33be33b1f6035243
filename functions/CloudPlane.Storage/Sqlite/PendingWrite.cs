namespace CloudPlane.Storage;

/// <summary>A write on its way through the writer, and the task that its caller awaits.</summary>
internal sealed class PendingWrite(PartitionState partition, Write write, CancellationToken cancellationToken)
    : TaskCompletionSource<WriteResult>(TaskCreationOptions.RunContinuationsAsynchronously), IWriterWork
{
    public PartitionState Partition { get; } = partition;

    public Write Write { get; } = write;

    /// <summary>The answer, once the transaction that it belongs to is durable.</summary>
    public WriteResult? Answer { get; set; }

    public long Bytes => Write.Document.Bytes.Length;

    /// <summary>Gives up before anything was done for it.</summary>
    public bool CancelIfRequested() => cancellationToken.IsCancellationRequested && TrySetCanceled(cancellationToken);

    public void Execute(WriteTransaction transaction) => Answer = transaction.Apply(Partition, Write);

    public void Complete() => TrySetResult(Answer!);

    public void Fail(Exception error) => TrySetException(error);
}
