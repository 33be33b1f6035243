namespace CloudPlane.Storage;

/// <summary>What the writer does inside a transaction for one caller.</summary>
internal interface IWriterWork
{
    /// <summary>Roughly how much it adds to a transaction.</summary>
    long Bytes { get; }

    /// <summary>Ends the work if its caller no longer wants it; says whether it did.</summary>
    bool CancelIfRequested();

    void Execute(WriteTransaction transaction);

    /// <summary>The transaction is durable and published: answers the caller.</summary>
    void Complete();

    /// <summary>The transaction was rolled back, or nobody knows what became of it.</summary>
    void Fail(Exception error);
}
