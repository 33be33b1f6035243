using System.Runtime.CompilerServices;

namespace CloudPlane.Storage;

/// <summary>
/// A partition's rows, and what this process remembers of them. Nothing remembered is relied upon: each write proves what it assumes by
/// the ETags that it names.
/// </summary>
internal sealed class TablesPartition(Partition partition, string table, TableService service, SharedReads reads, TablesStoreOptions options)
{
    private readonly Lock _gate = new();
    private HeadState? _head;

    public Partition Partition { get; } = partition;

    public string Table { get; } = table;

    public string PartitionKey { get; } = RowKeys.Partition(partition.Resource);

    /// <summary>The newest head that is known here, and who waits for a newer one.</summary>
    public HeadSignal Signal { get; } = new(0);

    public RecentLog Recent { get; } = new(options.TailChanges, options.TailBytes);

    public ObjectCache Objects { get; } = new(options.CacheBytes);

    /// <summary>The head as it was seen last; null when a write found out that it is not that any more.</summary>
    public HeadState? LastHead
    {
        get
        {
            lock (_gate)
                return _head;
        }
    }

    /// <summary>Reads the head, and tells those who wait for it.</summary>
    public async Task<HeadState> ReadHeadAsync(CancellationToken cancellationToken)
    {
        var head = HeadState.From(await GetRowAsync(RowKeys.Head, cancellationToken));
        Publish(head);
        return head;
    }

    /// <summary>Remembers a head, unless a newer one is known. Those who wait may read it from now on.</summary>
    public void Publish(HeadState head)
    {
        lock (_gate)
        {
            if (_head is null || (head.Revision, head.Compacted).CompareTo((_head.Revision, _head.Compacted)) >= 0)
                _head = head;
        }
        Signal.Advance(head.Revision)?.SetResult();
    }

    /// <summary>To be called when a write was refused because of the head.</summary>
    public void ForgetHead()
    {
        lock (_gate)
            _head = null;
    }

    /// <summary>The object as it is now.</summary>
    public async Task<KnownObject> ReadObjectAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        var rowKey = RowKeys.Object(key);
        if (!RowKeys.Fits(rowKey))
            return KnownObject.Absent;
        var known = KnownObject.From(key, await GetRowAsync(rowKey, cancellationToken));
        if (known.Stored is null)
            Objects.Forget(key);
        else
            Objects.Put(key, known);
        return known;
    }

    /// <summary>A row, or null. A table that is yet to come has none.</summary>
    public async Task<Row?> GetRowAsync(string rowKey, CancellationToken cancellationToken)
    {
        try
        {
            return await reads.ReadAsync(new(Table, PartitionKey, rowKey), cancellationToken);
        }
        catch (TableServiceException e) when (e.IsTableNotFound && options.CreateOnFirstWrite(Partition.Cluster))
        {
            return null;
        }
        catch (TableServiceException e)
        {
            throw Translate(e);
        }
    }

    /// <summary>The rows from one key to before another.</summary>
    public async Task<List<Row>> QueryAsync(string from, string before, QueryOptions query, CancellationToken cancellationToken)
    {
        var rows = new List<Row>();
        await foreach (var page in QueryPagesAsync(from, before, query, cancellationToken))
            rows.AddRange(page.Rows);
        return rows;
    }

    /// <summary>The same page by page; there is always a last one.</summary>
    public async IAsyncEnumerable<RowPage> QueryPagesAsync(
        string from, string before, QueryOptions query, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var filter = $"PartitionKey eq '{PartitionKey}' and RowKey ge '{from}' and RowKey lt '{before}'";
        await using var pages = service.QueryAsync(Table, filter, query, cancellationToken).GetAsyncEnumerator(cancellationToken);
        while (await NextAsync(pages))
            yield return pages.Current;
        if (pages.Current is null)
            yield return new([], true);
    }

    // False too for a table that is yet to come.
    private async Task<bool> NextAsync(IAsyncEnumerator<RowPage> pages)
    {
        try
        {
            return await pages.MoveNextAsync();
        }
        catch (TableServiceException e) when (e.IsTableNotFound && options.CreateOnFirstWrite(Partition.Cluster))
        {
            return false;
        }
        catch (TableServiceException e)
        {
            throw Translate(e);
        }
    }

    public Transaction NewTransaction() => service.NewTransaction(Table, PartitionKey);

    public Task<TransactionAnswer> CommitAsync(Transaction transaction, CancellationToken cancellationToken) =>
        service.CommitAsync(transaction, cancellationToken);

    /// <summary>Names this partition among the cluster's, before its first write; creates the table, where that may be.</summary>
    public async Task RegisterAsync(CancellationToken cancellationToken)
    {
        for (var created = false; ; created = true)
        {
            var naming = service.NewTransaction(Table, RowKeys.PartitionsPartition);
            naming.InsertOrReplace(PartitionKey, static _ => { });
            var answer = await service.CommitAsync(naming, cancellationToken);
            if (answer.IsCommitted)
                return;
            if (!answer.IsTableNotFound || created)
                throw Refused(answer);
            await CreateTableAsync(cancellationToken);
        }
    }

    /// <summary>What a refusal that nobody can do anything about here means to the caller.</summary>
    public Exception Refused(TransactionAnswer answer) => answer.IsTableNotFound
        ? new ClusterNotFoundException(Partition.Cluster)
        : new StoreUnavailableException($"{Partition}: the table service refuses a transaction: {answer.Code}; nothing was written");

    private async Task CreateTableAsync(CancellationToken cancellationToken)
    {
        if (!options.CreateOnFirstWrite(Partition.Cluster))
            throw new ClusterNotFoundException(Partition.Cluster);
        try
        {
            await service.CreateTableAsync(Table, cancellationToken);
        }
        catch (TableServiceException e)
        {
            throw Translate(e);
        }
    }

    private Exception Translate(TableServiceException e) => e.IsTableNotFound
        ? new ClusterNotFoundException(Partition.Cluster)
        : new StoreUnavailableException($"{Partition}: {e.Message}", e);
}
