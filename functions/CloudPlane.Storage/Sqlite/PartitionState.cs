namespace CloudPlane.Storage;

/// <summary>What is known of a partition in memory. The file is locked for this process, so nobody else moves it.</summary>
internal sealed class PartitionState(Partition partition, long id, long head, long compacted, ChangeTail tail)
{
    private long _id = id;
    private long _compacted = compacted;

    public Partition Partition { get; } = partition;

    /// <summary>The head that is durable and published, and who waits for it.</summary>
    public HeadSignal Signal { get; } = new(head);

    public ChangeTail Tail { get; } = tail;

    /// <summary>What the <c>objects</c> table lacks.</summary>
    public RecentChanges Recent { get; } = new();

    /// <summary>Its number in the database; 0 until its first write is committed.</summary>
    public long Id { get => Volatile.Read(ref _id); set => Volatile.Write(ref _id, value); }

    public long Compacted { get => Volatile.Read(ref _compacted); set => Volatile.Write(ref _compacted, value); }
}
