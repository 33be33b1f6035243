using System.Runtime.CompilerServices;

namespace CloudPlane.Storage;

/// <summary>
/// A partition's objects as of one revision. The service promises no snapshot across the pages of a query, so each page is put right by the
/// log: what has been changed since that revision is undone.
/// </summary>
internal sealed class Snapshot(TablesPartition partition, LogReader log, long revision)
{
    // By row key: the state at the revision of what was changed after it, null if it did not exist then.
    private readonly SortedDictionary<string, StoredObject?> _undone = new(StringComparer.Ordinal);
    private long _seen = revision;

    public long Revision { get; } = revision;

    /// <summary>The objects from one row key to before another, in parts; there is always a last one.</summary>
    /// <param name="top">At most so many are of interest at a time; 0 for as many as a part may have.</param>
    /// <param name="keysOnly">Without their documents, to count them.</param>
    public async IAsyncEnumerable<SnapshotPart> ReadAsync(
        string from, string before, int top, bool keysOnly, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (string.CompareOrdinal(from, before) >= 0)
        {
            yield return new([], null);
            yield break;
        }
        await foreach (var page in partition.QueryPagesAsync(from, before, new(top, keysOnly ? "RowKey" : null), cancellationToken))
        {
            if (page.Rows.Count == 0 && !page.IsLast)
                continue;
            var end = page.IsLast ? before : RowKeys.After(page.Rows[^1].RowKey);
            await SeeChangesAsync(cancellationToken);
            yield return new(Correct(page.Rows, from, end), page.IsLast ? null : end);
            from = end;
        }
    }

    private async Task SeeChangesAsync(CancellationToken cancellationToken)
    {
        var head = await partition.ReadHeadAsync(cancellationToken);
        foreach (var (change, previous) in await log.ReadAsync(_seen + 1, head.Revision, cancellationToken))
            _undone.TryAdd(RowKeys.Object(change.Key), previous == 0 ? null : new(change.Key, previous, change.Previous));
        _seen = head.Revision;
    }

    private List<StoredObject> Correct(List<Row> rows, string from, string end)
    {
        var objects = new List<StoredObject>(rows.Count);
        using var undone = _undone.Where(u => string.CompareOrdinal(u.Key, from) >= 0 && string.CompareOrdinal(u.Key, end) < 0).GetEnumerator();
        var more = undone.MoveNext();
        foreach (var row in rows)
        {
            for (; more && string.CompareOrdinal(undone.Current.Key, row.RowKey) < 0; more = undone.MoveNext())
                Add(undone.Current.Value);
            if (more && undone.Current.Key == row.RowKey)
            {
                Add(undone.Current.Value);
                more = undone.MoveNext();
            }
            else
                Add(new(RowKeys.ParseObject(row.RowKey), row.Revision, row.Revision == 0 ? default : row.Document.Unpack(row.Revision)));
        }
        for (; more; more = undone.MoveNext())
            Add(undone.Current.Value);
        return objects;

        void Add(StoredObject? stored)
        {
            if (stored is not null)
                objects.Add(stored);
        }
    }
}

/// <summary>Some consecutive objects of a snapshot, and the row key from which it goes on; null after the last part.</summary>
internal sealed record SnapshotPart(List<StoredObject> Objects, string? Next);
