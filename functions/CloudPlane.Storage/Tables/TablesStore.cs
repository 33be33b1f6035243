using System.Collections.Concurrent;

namespace CloudPlane.Storage;

/// <summary>
/// State in Azure Tables, or in what speaks its REST API, for any number of processes at once. A table is a cluster, a partition of it a
/// resource; there the row <c>head</c> has the newest revision, the rows <c>o!NAMESPACE!NAME</c> are the objects, and <c>l!REVISION</c> the log.
/// A write is one entity group transaction of head, object and log row, shared by all writes that wait together.
/// </summary>
/// <remarks>
/// What holds it together is the ETag of the head: whoever replaces it knows that nobody else has written since it was read. Memory is used
/// to save reads only. A write that repeats a deletion with its operation id is remembered until history is compacted.
/// </remarks>
public sealed class TablesStore : IStateStore, IClusterTables
{
    private readonly TablesStoreOptions _options;
    private readonly TimeProvider _time;
    private readonly SynchronizedRandom _random;
    private readonly TableService _service;
    private readonly SharedReads _reads;
    private readonly ConcurrentDictionary<Partition, Lazy<OpenPartition>> _partitions = new();
    private readonly CancellationTokenSource _closing = new();
    private bool _disposed;

    /// <summary>Opens the store; nothing is sent before the first operation.</summary>
    /// <param name="options">Where and how.</param>
    /// <param name="time">For pauses and dates.</param>
    /// <param name="random">For jitter.</param>
    /// <exception cref="ArgumentException">The options contradict each other.</exception>
    public TablesStore(TablesStoreOptions options, TimeProvider time, Random random)
    {
        if (!TableName.IsPrefix(options.TablePrefix))
            throw new ArgumentException("A table's prefix is a letter, then letters and digits, 12 at most.", nameof(options));
        _options = options;
        _time = time;
        _random = new(random);
        _service = new(options.Endpoint, TablesPipeline.Build(options, time, _random));
        _reads = new((row, cancellationToken) => _service.GetAsync(row.Table, row.PartitionKey, row.RowKey, cancellationToken), time);
    }

    /// <summary>Creates a cluster's table; nothing happens if there is one.</summary>
    /// <exception cref="StoreUnavailableException">Not now: the service is away, or is still deleting a table of that name.</exception>
    public async Task CreateClusterAsync(string cluster, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        await Translate(cluster, _service.CreateTableAsync(TableName.Of(_options.TablePrefix, cluster), cancellationToken));
    }

    /// <summary>
    /// Deletes a cluster with all that it holds; nothing happens if there is none. From then on every operation on it fails with
    /// <see cref="ClusterNotFoundException"/>, unless it is one of <see cref="TablesStoreOptions.CreateOnFirstWrite"/>. Its name can't be used
    /// for a while, about a minute.
    /// </summary>
    public async Task DropClusterAsync(string cluster, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        await Translate(cluster, _service.DeleteTableAsync(TableName.Of(_options.TablePrefix, cluster), cancellationToken));
        foreach (var partition in _partitions.Keys.Where(p => p.Cluster == cluster))
        {
            if (_partitions.TryRemove(partition, out var open))
                await open.Value.CloseAsync();
        }
    }

    /// <inheritdoc/>
    public async ValueTask<long> GetHeadAsync(Partition partition, CancellationToken cancellationToken) =>
        (await Find(partition).Rows.ReadHeadAsync(cancellationToken)).Revision;

    /// <inheritdoc/>
    public async ValueTask<StoredObject?> GetAsync(Partition partition, ObjectKey key, CancellationToken cancellationToken) =>
        (await Find(partition).Rows.ReadObjectAsync(key, cancellationToken)).Stored;

    /// <inheritdoc/>
    public async ValueTask<ObjectPage> ListAsync(Partition partition, ListQuery query, CancellationToken cancellationToken) =>
        await Find(partition).Lister.ListAsync(query, cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<ObjectPage> ScanAsync(Partition partition, ListQuery query, CancellationToken cancellationToken) =>
        Find(partition).Lister.ScanAsync(query, cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<WriteResult> WriteAsync(Partition partition, Write write, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        KeyCodec.Check(write);
        var rowKey = RowKeys.Object(write.Key);
        if (!RowKeys.Fits(rowKey))
            throw new ArgumentException("Namespace and name are too long for a key.", nameof(write));
        var open = Find(partition);
        if (write.Document.Bytes.Length > _options.MaxDocumentBytes)
            return new(WriteOutcome.TooLarge, null);
        var document = PackedDocument.Pack(write.Document);
        if (!document.Fits)
            return new(WriteOutcome.TooLarge, null);
        var pending = new PendingTableWrite(write, document, rowKey, cancellationToken);
        open.Writes.Enqueue(pending);
        return await pending.Task;
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<Change>> ReadLogAsync(Partition partition, long after, int limit, CancellationToken cancellationToken)
    {
        var open = Find(partition);
        // Who has been told of a newer head needs no newer one still.
        var head = open.Rows.LastHead is { } last && last.Revision > after ? last : await open.Rows.ReadHeadAsync(cancellationToken);
        if (after < head.Compacted)
            throw new RevisionExpiredException(after, head.Compacted);
        try
        {
            var entries = await open.Log.ReadAsync(after + 1, Math.Min(head.Revision, after + limit), cancellationToken);
            return [.. entries.Select(e => e.Change)];
        }
        catch (RevisionExpiredException e)
        {
            throw new RevisionExpiredException(after, e.Compacted);
        }
    }

    /// <inheritdoc/>
    public async ValueTask<long> WaitForHeadAsync(Partition partition, long after, CancellationToken cancellationToken) =>
        await Find(partition).Poller.WaitAsync(after, cancellationToken);

    /// <inheritdoc/>
    public async ValueTask CompactAsync(Partition partition, long revision, CancellationToken cancellationToken) =>
        await Find(partition).Compactor.CompactAsync(revision, cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<Partition>> ListPartitionsAsync(string cluster, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        var written = new List<Partition>();
        foreach (var partition in await NamedAsync(cluster, cancellationToken))
        {
            // One is named a moment before its first write; whether that came to pass, its head tells.
            var rows = Find(partition).Rows;
            if ((rows.LastHead ?? await rows.ReadHeadAsync(cancellationToken)).Revision > 0 || (await rows.ReadHeadAsync(cancellationToken)).Revision > 0)
                written.Add(partition);
        }
        return [.. written.OrderBy(p => p.Resource, StringComparer.Ordinal)];
    }

    /// <summary>Commits the writes that wait, and ends readers.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, true))
            return;
        await _closing.CancelAsync();
        foreach (var partition in _partitions.Values)
            await partition.Value.CloseAsync();
        // Last: the writes that waited needed reads.
        await _reads.DisposeAsync();
        _closing.Dispose();
    }

    private async Task<List<Partition>> NamedAsync(string cluster, CancellationToken cancellationToken)
    {
        var named = new List<Partition>();
        try
        {
            var rows = _service.QueryAsync(
                TableName.Of(_options.TablePrefix, cluster), $"PartitionKey eq '{RowKeys.PartitionsPartition}'", new(Select: "RowKey"), cancellationToken);
            await foreach (var page in rows)
                named.AddRange(page.Rows.Select(row => new Partition(cluster, RowKeys.Resource(row.RowKey))));
        }
        catch (TableServiceException e) when (e.IsTableNotFound && _options.CreateOnFirstWrite(cluster))
        {
            return named;
        }
        catch (TableServiceException e)
        {
            throw Translated(cluster, e);
        }
        return named;
    }

    private static async Task Translate(string cluster, Task request)
    {
        try
        {
            await request;
        }
        catch (TableServiceException e)
        {
            throw Translated(cluster, e);
        }
    }

    private static Exception Translated(string cluster, TableServiceException e) =>
        e.IsTableNotFound ? new ClusterNotFoundException(cluster) : new StoreUnavailableException($"{cluster}: {e.Message}", e);

    private OpenPartition Find(Partition partition)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return _partitions.GetOrAdd(partition, static (p, store) => new(() => store.Open(p)), this).Value;
    }

    private OpenPartition Open(Partition partition) =>
        new(new(partition, TableName.Of(_options.TablePrefix, partition.Cluster), _service, _reads, _options), _options, _time, _random, _closing.Token);

    /// <summary>A partition and what works on it.</summary>
    private sealed class OpenPartition
    {
        public OpenPartition(TablesPartition rows, TablesStoreOptions options, TimeProvider time, SynchronizedRandom random, CancellationToken closing)
        {
            Rows = rows;
            Log = new(rows);
            Lister = new(rows, Log);
            Compactor = new(rows);
            Poller = new(rows, options, time, closing);
            var commit = new GroupCommit(rows, options, time, random);
            Writes = new(commit.GatherAsync, commit.CommitAsync);
        }

        public TablesPartition Rows { get; }

        public LogReader Log { get; }

        public Lister Lister { get; }

        public Compactor Compactor { get; }

        public HeadPoller Poller { get; }

        public GroupQueue Writes { get; }

        public async Task CloseAsync()
        {
            Rows.Signal.Close();
            await Writes.CloseAsync();
            await Poller.EndAsync();
        }
    }
}
