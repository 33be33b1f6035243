namespace CloudPlane.Storage;

/// <summary>A write that waits for its transaction, packed, and the task that its caller awaits.</summary>
internal sealed class PendingTableWrite(Write write, PackedDocument document, string rowKey, CancellationToken cancellationToken)
    : TaskCompletionSource<WriteResult>(TaskCreationOptions.RunContinuationsAsynchronously)
{
    // Of the parts of a transaction around its documents: two operations with their headers and keys.
    private const int Envelope = 3072;

    public Write Write { get; } = write;

    public PackedDocument Document { get; } = document;

    public string RowKey { get; } = rowKey;

    /// <summary>How much it adds to a transaction's body, at most: the document is in two rows, in base64.</summary>
    public int Bytes { get; } = Envelope + 2 * (document.Bytes.Length / 3 + 1) * 4;

    /// <summary>Gives up before anything was done for it.</summary>
    public bool CancelIfRequested() => cancellationToken.IsCancellationRequested && TrySetCanceled(cancellationToken);
}
