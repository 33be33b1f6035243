using System.Collections.Concurrent;
using System.Runtime.CompilerServices;

namespace CloudPlane.Storage;

/// <summary>
/// State in one SQLite file, <c>state.db</c>, for one process. An acknowledged write has been synced to the disk. Reads run on
/// connections of their own on the caller's thread, writes on one thread that commits all that wait together.
/// </summary>
public sealed class SqliteStore : IStateStore
{
    // A list has to read that many log rows beside the objects before it asks for the index to be brought up to date.
    private const int WorthIndexing = 128;

    private readonly SqliteStoreOptions _options;
    private readonly DirectoryLock _lock;
    private readonly WriteTransaction _transaction;
    private readonly Checkpointer _checkpointer;
    private readonly SqliteWriter _writer;
    private readonly ReaderPool _readers;
    private readonly ConcurrentDictionary<Partition, PartitionState> _partitions = new();
    private bool _disposed;

    /// <summary>Opens or creates the database.</summary>
    /// <exception cref="StoreUnavailableException">Another process has it open, it isn't one of ours, or the disk fails.</exception>
    public SqliteStore(SqliteStoreOptions options)
    {
        _options = options;
        var path = Path.Combine(options.Directory, "state.db");
        CreateDirectory(options.Directory);
        _lock = DirectoryLock.Take(options.Directory);
        var connection = default(SqliteConnection);
        try
        {
            connection = new SqliteConnection(path, busyTimeoutMilliseconds: 500);
            Configure(connection, options);
            SqliteSchema.Ensure(connection, path);
            var index = new ObjectIndex(connection);
            LoadPartitions(index);
            _transaction = new WriteTransaction(connection, index);
            _checkpointer = new Checkpointer(new SqliteConnection(path, busyTimeoutMilliseconds: 500), SqliteSchema.PageBytes);
        }
        catch
        {
            connection?.Dispose();
            _lock.Dispose();
            throw;
        }
        _readers = new ReaderPool(path, Math.Clamp(Environment.ProcessorCount, 2, 8));
        _writer = new SqliteWriter(_transaction, _checkpointer);
    }

    /// <inheritdoc/>
    public ValueTask<long> GetHeadAsync(Partition partition, CancellationToken cancellationToken) =>
        cancellationToken.IsCancellationRequested ? ValueTask.FromCanceled<long>(cancellationToken) : new(Find(partition).Signal.Head);

    /// <inheritdoc/>
    public async ValueTask<StoredObject?> GetAsync(Partition partition, ObjectKey key, CancellationToken cancellationToken)
    {
        var state = Find(partition);
        if (state.Id == 0 || !KeyCodec.IsNamespace(key.Namespace))
            return null;
        if (state.Recent.Find(key) is { } recent)
            return recent.Kind == ChangeKind.Deleted ? null : new(key, recent.Revision, recent.Document);
        var found = await _readers.ReadAsync(static (r, a) => r.Get(a.Id, a.key), (state.Id, key), cancellationToken);
        await Published(state, found?.Revision ?? 0, cancellationToken);
        return found;
    }

    /// <inheritdoc/>
    public async ValueTask<ObjectPage> ListAsync(Partition partition, ListQuery query, CancellationToken cancellationToken)
    {
        var state = Find(partition);
        if (state.Id == 0)
            return query.AtRevision is null or 0 ? new(0, [], 0) : throw new RevisionInFutureException(query.AtRevision.Value, 0);
        return await ReadPageAsync(state, query, PageBounds.None, cancellationToken);
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<ObjectPage> ScanAsync(
        Partition partition, ListQuery query, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var state = Find(partition);
        if (state.Id == 0)
        {
            yield return await ListAsync(partition, query, cancellationToken);
            yield break;
        }
        // Each page is a read of its own at the first one's revision: a snapshot that is kept open keeps checkpoints from finishing.
        var bounds = PageBounds.First;
        while (true)
        {
            var page = await ReadPageAsync(state, query, bounds, cancellationToken);
            yield return page;
            if (page.Remaining == 0 || page.Items.Count == query.Limit)
                yield break;
            bounds = PageBounds.After(page.Items);
            var limit = query.Limit == 0 ? 0 : query.Limit - page.Items.Count;
            query = query with { After = page.Items[^1].Key, AtRevision = page.Revision, Limit = limit };
        }
    }

    /// <inheritdoc/>
    public async ValueTask<WriteResult> WriteAsync(Partition partition, Write write, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        KeyCodec.Check(write);
        if (write.Document.Bytes.Length > _options.MaxDocumentBytes)
            return new(WriteOutcome.TooLarge, null);
        var pending = new PendingWrite(Find(partition), write, cancellationToken);
        _writer.Enqueue(pending);
        return await pending.Task;
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<Change>> ReadLogAsync(Partition partition, long after, int limit, CancellationToken cancellationToken)
    {
        var state = Find(partition);
        if (after < state.Compacted)
            return ValueTask.FromException<IReadOnlyList<Change>>(new RevisionExpiredException(after, state.Compacted));
        if (after >= state.Signal.Head)
            return new([]);
        if (state.Tail.TryRead(after, limit, out var changes))
            return new(changes);
        return _readers.ReadAsync(static (r, a) => r.ReadLog(a.Id, a.after, a.limit), (state.Id, after, limit), cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<long> WaitForHeadAsync(Partition partition, long after, CancellationToken cancellationToken) =>
        Find(partition).Signal.WaitAsync(after, cancellationToken);

    /// <inheritdoc/>
    public async ValueTask CompactAsync(Partition partition, long revision, CancellationToken cancellationToken)
    {
        var state = Find(partition);
        if (revision > state.Signal.Head)
            throw new RevisionInFutureException(revision, state.Signal.Head);
        // In steps, so that writes get their turn in between.
        while (state.Compacted < revision)
        {
            var step = new PendingCompaction(state, Math.Min(revision, state.Compacted + _options.CompactionBatch), cancellationToken);
            _writer.Enqueue(step);
            await step.Task;
        }
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<Partition>> ListPartitionsAsync(string cluster, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        var written = _partitions.Where(p => p.Key.Cluster == cluster && p.Value.Signal.Head > 0).Select(p => p.Key);
        return new([.. written.OrderBy(p => p.Resource, StringComparer.Ordinal)]);
    }

    /// <summary>Commits the writes that wait, ends waiting readers, and closes the file.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, true))
            return;
        foreach (var partition in _partitions.Values)
            partition.Signal.Close();
        // So that the next one to open the file needs to apply nothing.
        foreach (var partition in _partitions.Values)
            _writer.Enqueue(new PendingIndexing(partition));
        await _writer.CloseAsync();
        await _readers.CloseAsync();
        _checkpointer.Dispose();
        _transaction.Dispose();
        _lock.Dispose();
    }

    private async ValueTask<ObjectPage> ReadPageAsync(
        PartitionState state, ListQuery query, PageBounds bounds, CancellationToken cancellationToken)
    {
        var page = await _readers.ReadAsync(static (r, a) => r.List(a.Id, a.query, a.bounds), (state.Id, query, bounds), cancellationToken);
        await Published(state, page.Revision, cancellationToken);
        if (state.Recent.Count > WorthIndexing)
            _writer.Enqueue(new PendingIndexing(state));
        return page;
    }

    private static void CreateDirectory(string directory)
    {
        try
        {
            // Secrets live in it.
#pragma warning disable CA1416 // Runs on Linux only.
            Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
#pragma warning restore CA1416
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StoreUnavailableException($"{directory}: {e.Message}", e);
        }
    }

    private static void Configure(SqliteConnection connection, SqliteStoreOptions options)
    {
        // Has an effect before the first table only. Several documents fit into a page, and a commit still writes no more than it must.
        connection.Execute($"PRAGMA page_size={SqliteSchema.PageBytes}");
        connection.Execute("PRAGMA journal_mode=WAL");
        // FULL syncs the WAL at each commit: acknowledged means that it survives a power loss.
        connection.Execute("PRAGMA synchronous=FULL");
        connection.CountWalPages();
        if (options.MaxPages > 0)
            connection.Execute($"PRAGMA max_page_count={options.MaxPages}");
    }

    private void LoadPartitions(ObjectIndex index)
    {
        foreach (var row in index.Load())
            _partitions[row.Partition] = new(row.Partition, row.Id, row.Head, row.Compacted, NewTail());
    }

    private ChangeTail NewTail() => new(_options.TailChanges, _options.TailBytes);

    private PartitionState Find(Partition partition)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return _partitions.GetOrAdd(partition, static (p, store) => new(p, 0, 0, 0, store.NewTail()), this);
    }

    // A read may see a commit a moment before it is published; whoever asks for the head next must not get an older one.
    private static ValueTask<long> Published(PartitionState state, long revision, CancellationToken cancellationToken) =>
        state.Signal.WaitAsync(revision - 1, cancellationToken);
}
