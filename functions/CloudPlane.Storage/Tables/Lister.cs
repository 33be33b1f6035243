using System.Runtime.CompilerServices;

namespace CloudPlane.Storage;

/// <summary>Lists a partition as of one revision: the one asked for, or the head's before the list began.</summary>
internal sealed class Lister(TablesPartition partition, LogReader log)
{
    public async Task<ObjectPage> ListAsync(ListQuery query, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return await ListOnceAsync(query, cancellationToken);
            }
            catch (RevisionExpiredException) when (query.AtRevision is null)
            {
                // What happened during the list was compacted before it could be read. The newest revision never expires: again.
            }
        }
    }

    public async IAsyncEnumerable<ObjectPage> ScanAsync(ListQuery query, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var snapshot = await OpenAsync(query, cancellationToken);
        var (from, before) = Range(query);
        var left = query.Limit == 0 ? int.MaxValue : query.Limit;
        // Held back until it is known whether another one follows.
        IReadOnlyList<StoredObject> held = [];
        await foreach (var part in snapshot.ReadAsync(from, before, query.Limit, keysOnly: false, cancellationToken))
        {
            for (var taken = 0; taken < part.Objects.Count; taken += held.Count)
            {
                if (held.Count > 0)
                    yield return new(snapshot.Revision, held, 1);
                held = PageBounds.Take(part.Objects, taken);
                if (held.Count >= left)
                {
                    var rest = part.Objects.Count - taken - left + await CountAsync(snapshot, part.Next, before, cancellationToken);
                    yield return new(snapshot.Revision, [.. held.Take(left)], rest);
                    yield break;
                }
                left -= held.Count;
            }
        }
        yield return new(snapshot.Revision, held, 0);
    }

    private async Task<ObjectPage> ListOnceAsync(ListQuery query, CancellationToken cancellationToken)
    {
        var snapshot = await OpenAsync(query, cancellationToken);
        var (from, before) = Range(query);
        var objects = new List<StoredObject>();
        await foreach (var part in snapshot.ReadAsync(from, before, query.Limit, keysOnly: false, cancellationToken))
        {
            objects.AddRange(part.Objects);
            if (query.Limit == 0 || objects.Count < query.Limit)
                continue;
            var rest = objects.Count - query.Limit + await CountAsync(snapshot, part.Next, before, cancellationToken);
            return new(snapshot.Revision, objects[..query.Limit], rest);
        }
        return new(snapshot.Revision, objects, 0);
    }

    private async Task<Snapshot> OpenAsync(ListQuery query, CancellationToken cancellationToken)
    {
        var head = await partition.ReadHeadAsync(cancellationToken);
        if (query.AtRevision < head.Compacted)
            throw new RevisionExpiredException(query.AtRevision.Value, head.Compacted);
        if (query.AtRevision > head.Revision)
            throw new RevisionInFutureException(query.AtRevision.Value, head.Revision);
        return new(partition, log, query.AtRevision ?? head.Revision);
    }

    private static async Task<long> CountAsync(Snapshot snapshot, string? from, string before, CancellationToken cancellationToken)
    {
        var count = 0L;
        if (from is not null)
        {
            await foreach (var part in snapshot.ReadAsync(from, before, 0, keysOnly: true, cancellationToken))
                count += part.Objects.Count;
        }
        return count;
    }

    private static (string From, string Before) Range(ListQuery query)
    {
        var from = query.Namespace is { } ns ? RowKeys.FirstOf(ns) : RowKeys.FirstObject;
        var before = query.Namespace is null ? RowKeys.AfterObjects : RowKeys.AfterNamespace(query.Namespace);
        var next = query.After is { } after ? RowKeys.After(RowKeys.Object(after)) : from;
        return (string.CompareOrdinal(next, from) > 0 ? next : from, before);
    }
}
