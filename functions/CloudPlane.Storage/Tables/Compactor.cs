namespace CloudPlane.Storage;

/// <summary>
/// Forgets a partition's history. First the head says up to where, so that nobody reads what is about to go; then rows are deleted, oldest
/// change first, and the row <c>swept</c> says how far, so that after a crash the next compaction goes on there.
/// </summary>
internal sealed class Compactor(TablesPartition partition)
{
    // Each change lets go of two rows at most: the one that it superseded, and its own if it is a deletion.
    private const int ChangesPerStep = 200;

    private readonly SemaphoreSlim _gate = new(1);
    private long _swept;

    public async Task CompactAsync(long revision, CancellationToken cancellationToken)
    {
        var head = await partition.ReadHeadAsync(cancellationToken);
        if (revision > head.Revision)
            throw new RevisionInFutureException(revision, head.Revision);
        await _gate.WaitAsync(cancellationToken);
        try
        {
            var compacted = await DeclareAsync(revision, cancellationToken);
            await SweepAsync(compacted, cancellationToken);
        }
        finally
        {
            _gate.Release();
        }
    }

    private async Task<long> DeclareAsync(long revision, CancellationToken cancellationToken)
    {
        while (true)
        {
            var head = await partition.ReadHeadAsync(cancellationToken);
            if (head.Compacted >= revision)
                return head.Compacted;
            var transaction = partition.NewTransaction();
            var id = Guid.NewGuid();
            transaction.Replace(RowKeys.Head, head.ETag!, json => RowWriter.Head(json, head.Revision, revision, id));
            var answer = await partition.CommitAsync(transaction, cancellationToken);
            if (answer.IsCommitted)
                partition.Publish(new(head.Revision, revision, id, answer.ETags[0]));
            else if (!answer.IsPreconditionFailed)
                throw partition.Refused(answer);
        }
    }

    private async Task SweepAsync(long compacted, CancellationToken cancellationToken)
    {
        if (_swept == 0)
            _swept = (await partition.GetRowAsync(RowKeys.Swept, cancellationToken))?.Revision ?? 0;
        if (_swept >= compacted)
            return;
        while (_swept < compacted)
        {
            var last = Math.Min(compacted, _swept + ChangesPerStep);
            var superseded = await FindSupersededAsync(_swept + 1, last, cancellationToken);
            // In this order: once a row is gone, so are those that only it could tell of.
            foreach (var batch in superseded.Chunk(Transaction.MaxOperations))
                await DeleteAsync(batch, cancellationToken);
            _swept = last;
        }
        var transaction = partition.NewTransaction();
        transaction.InsertOrReplace(RowKeys.Swept, json => RowWriter.Swept(json, _swept));
        await CommitAsync(transaction, cancellationToken);
    }

    private async Task<List<string>> FindSupersededAsync(long first, long last, CancellationToken cancellationToken)
    {
        var rows = await partition.QueryAsync(
            RowKeys.Log(first), RowKeys.Log(last + 1), new(Select: $"RowKey,{nameof(Row.Kind)},{nameof(Row.Previous)}"), cancellationToken);
        var superseded = new List<string>();
        foreach (var row in rows)
        {
            if (row.Previous > 0)
                superseded.Add(RowKeys.Log(row.Previous));
            if (row.Kind == ChangeKind.Deleted)
                superseded.Add(row.RowKey);
        }
        return superseded;
    }

    private async Task DeleteAsync(IEnumerable<string> rowKeys, CancellationToken cancellationToken)
    {
        var transaction = partition.NewTransaction();
        foreach (var rowKey in rowKeys)
            transaction.Delete(rowKey, "*");
        var answer = await partition.CommitAsync(transaction, cancellationToken);
        if (answer.IsCommitted)
            return;
        if (!answer.IsPreconditionFailed)
            throw partition.Refused(answer);
        // Somebody has been here before, perhaps this process before it crashed, perhaps an earlier try: delete what is left.
        var left = (await Task.WhenAll(rowKeys.Select(key => partition.GetRowAsync(key, cancellationToken)))).OfType<Row>().Select(r => r.RowKey).ToList();
        if (left.Count > 0)
            await DeleteAsync(left, cancellationToken);
    }

    private async Task CommitAsync(Transaction transaction, CancellationToken cancellationToken)
    {
        var answer = await partition.CommitAsync(transaction, cancellationToken);
        if (!answer.IsCommitted)
            throw partition.Refused(answer);
    }
}
