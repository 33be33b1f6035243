namespace CloudPlane.Storage;

/// <summary>Reads a partition's log: from memory where all readers of this process share it, otherwise from the table.</summary>
internal sealed class LogReader(TablesPartition partition)
{
    // Up to so many rows are read one by one: a query for them costs as much, and Azurite's goes through the whole table.
    private const int FewRows = 4;
    private const int ParallelReads = 16;

    private readonly SemaphoreSlim _gate = new(1);

    /// <summary>The changes from one revision to another, both included.</summary>
    /// <exception cref="RevisionExpiredException">They have been compacted.</exception>
    public async Task<IReadOnlyList<LogEntry>> ReadAsync(long first, long last, CancellationToken cancellationToken)
    {
        if (last < first)
            return [];
        if (partition.Recent.TryRead(first, last) is { } recent)
            return recent;
        // A thousand watchers that wake up together read the table once.
        await _gate.WaitAsync(cancellationToken);
        try
        {
            if (partition.Recent.TryRead(first, last) is { } read)
                return read;
            var entries = await ReadRowsAsync(first, last, cancellationToken);
            partition.Recent.Add(entries);
            return entries;
        }
        finally
        {
            _gate.Release();
        }
    }

    private async Task<List<LogEntry>> ReadRowsAsync(long first, long last, CancellationToken cancellationToken)
    {
        var rows = last - first < FewRows
            ? await ReadOneByOneAsync(Enumerable.Range(0, (int)(last - first) + 1).Select(i => first + i), cancellationToken)
            : await partition.QueryAsync(RowKeys.Log(first), RowKeys.Log(last + 1), default, cancellationToken);
        var complete = rows.Count == last - first + 1 && rows.Index().All(r => RowKeys.ParseLog(r.Item.RowKey) == first + r.Index);
        if (!complete)
            throw await MissingAsync(first, cancellationToken);
        return await ResolveAsync(rows, cancellationToken);
    }

    /// <summary>Adds to each row the state before it, which another row holds.</summary>
    private async Task<List<LogEntry>> ResolveAsync(List<Row> rows, CancellationToken cancellationToken)
    {
        var documents = rows.ToDictionary(r => RowKeys.ParseLog(r.RowKey), r => r.Document.Unpack(RowKeys.ParseLog(r.RowKey)));
        var elsewhere = rows.Select(r => r.Previous).Where(p => p > 0 && !documents.ContainsKey(p)).ToList();
        foreach (var revision in elsewhere)
        {
            if (partition.Recent.Find(revision) is { } entry)
                documents[revision] = entry.Change.Document.ToArray();
        }
        foreach (var row in await ReadOneByOneAsync(elsewhere.Where(p => !documents.ContainsKey(p)), cancellationToken))
            documents[RowKeys.ParseLog(row.RowKey)] = row.Document.Unpack(RowKeys.ParseLog(row.RowKey));
        var entries = new List<LogEntry>(rows.Count);
        foreach (var row in rows)
        {
            byte[]? previous = [];
            if (row.Previous > 0 && !documents.TryGetValue(row.Previous, out previous))
                throw await MissingAsync(RowKeys.ParseLog(row.RowKey), cancellationToken);
            entries.Add(LogEntry.From(row, documents[RowKeys.ParseLog(row.RowKey)], previous));
        }
        return entries;
    }

    private async Task<List<Row>> ReadOneByOneAsync(IEnumerable<long> revisions, CancellationToken cancellationToken)
    {
        var rows = new List<Row>();
        foreach (var batch in revisions.Chunk(ParallelReads))
            rows.AddRange((await Task.WhenAll(batch.Select(r => partition.GetRowAsync(RowKeys.Log(r), cancellationToken)))).OfType<Row>());
        return rows;
    }

    // What is missing has been compacted meanwhile. If not, somebody else has deleted rows.
    private async Task<Exception> MissingAsync(long first, CancellationToken cancellationToken)
    {
        var head = await partition.ReadHeadAsync(cancellationToken);
        return head.Compacted >= first
            ? new RevisionExpiredException(first - 1, head.Compacted)
            : new StoreUnavailableException($"{partition.Partition}: the log lacks rows after revision {first - 1}");
    }
}
