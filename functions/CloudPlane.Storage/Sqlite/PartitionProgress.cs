using System.Runtime.InteropServices;

namespace CloudPlane.Storage;

/// <summary>What a transaction has done to a partition so far.</summary>
internal sealed class PartitionProgress(PartitionState partition, long id)
{
    private readonly List<Change> _changes = [];

    public long Id { get; } = id;

    public long Head { get; private set; } = partition.Signal.Head;

    public long Compacted { get; set; } = partition.Compacted;

    /// <summary>Whether the index tells everything up to <see cref="Head"/>.</summary>
    public bool Indexed { get; set; }

    /// <summary>The newest change of each object that was changed.</summary>
    public Dictionary<ObjectKey, Change> Newest { get; } = [];

    public void Add(Change change)
    {
        _changes.Add(change);
        Newest[change.Key] = change;
        Head = change.Revision;
        Indexed = false;
    }

    /// <summary>
    /// After the commit: makes it what readers see. The head comes last, for whoever waits for it looks at the rest then. Returns what
    /// those wait on, if any do.
    /// </summary>
    public TaskCompletionSource? Publish(PartitionState partition)
    {
        partition.Id = Id;
        partition.Compacted = Compacted;
        if (Indexed)
            partition.Recent.Clear();
        else
            partition.Recent.Add(Newest);
        partition.Tail.Append(CollectionsMarshal.AsSpan(_changes));
        return partition.Signal.Advance(Head);
    }
}
