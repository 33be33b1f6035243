namespace CloudPlane.Storage;

/// <summary>
/// What a group of writes comes to, given what is known: which of them make a transaction, at which revisions, and which are answered
/// otherwise. Writes of one group take effect in their order.
/// </summary>
internal sealed class GroupPlan
{
    private readonly Dictionary<ObjectKey, PlannedWrite> _planned = [];

    private GroupPlan(HeadState head) => Head = head;

    /// <summary>The head that the transaction is built on.</summary>
    public HeadState Head { get; }

    public Guid Transaction { get; } = Guid.NewGuid();

    /// <summary>What the transaction writes, in the order of revisions.</summary>
    public List<PlannedWrite> Writes { get; } = [];

    /// <summary>Whose precondition fails, with the object that shows it.</summary>
    public List<(PendingTableWrite Write, KnownObject Current)> Refused { get; } = [];

    /// <summary>Whose precondition fails once the transaction is committed, by a write of the same object before them.</summary>
    public List<(PendingTableWrite Write, PlannedWrite By)> RefusedByCommit { get; } = [];

    /// <summary>Objects that have to be read before more can be said.</summary>
    public HashSet<ObjectKey> Unknown { get; } = [];

    /// <param name="group">The writes that have no answer yet.</param>
    /// <param name="head">The head.</param>
    /// <param name="read">Objects read since the writes began: what can refuse a write.</param>
    /// <param name="find">An object that was seen some time ago, or null: good enough where an ETag will prove it.</param>
    /// <param name="readAll">Whether to rely only on what was read: after guesses that went wrong.</param>
    public static GroupPlan Make(
        IEnumerable<PendingTableWrite> group, HeadState head, Dictionary<ObjectKey, KnownObject> read, Func<ObjectKey, KnownObject?> find, bool readAll)
    {
        var plan = new GroupPlan(head);
        foreach (var pending in group)
        {
            var write = pending.Write;
            if (plan._planned.TryGetValue(write.Key, out var earlier))
                plan.AddAfter(pending, earlier);
            else if (read.TryGetValue(write.Key, out var current))
                plan.AddGiven(pending, current);
            else if (!readAll && Guess(write, find(write.Key)) is { } guess)
                plan.Add(pending, guess);
            else
                plan.Unknown.Add(write.Key);
        }
        return plan;
    }

    // Not known to exist is enough to try and create it: the service refuses to insert a row twice.
    private static KnownObject? Guess(Write write, KnownObject? seen) =>
        seen?.Revision == write.ExpectedRevision ? seen : seen is null && write is { ExpectedRevision: 0, Delete: false } ? KnownObject.Absent : null;

    private void AddGiven(PendingTableWrite pending, KnownObject current)
    {
        if (current.Revision != pending.Write.ExpectedRevision || pending.Write.Delete && current.Stored is null)
            Refused.Add((pending, current));
        else
            Add(pending, current);
    }

    // An object is once in a transaction at most. Who expects the very revision that it will have waits for the next one.
    private void AddAfter(PendingTableWrite pending, PlannedWrite earlier)
    {
        if (pending.Write.ExpectedRevision != earlier.RevisionAfter)
            RefusedByCommit.Add((pending, earlier));
    }

    private void Add(PendingTableWrite pending, KnownObject current)
    {
        var planned = new PlannedWrite(pending, current, Head.Revision + Writes.Count + 1);
        Writes.Add(planned);
        _planned.Add(pending.Write.Key, planned);
    }
}
