using System.Diagnostics;
using Azure.Core.Pipeline;
using static CloudPlane.Storage.Tests.Documents;

namespace CloudPlane.Storage.Tests;

/// <summary>What the other backends don't have: several processes, answers that get lost, limits of the service, clusters that go away.</summary>
[Collection(nameof(Azurite))]
public sealed class TablesSpecificTests(Azurite azurite) : IAsyncLifetime
{
    private readonly StrictTransport _strict = new(new HttpClientTransport());
    private readonly TablesStoreOptions _options = azurite.NewOptions() with { RetryDelay = TimeSpan.FromMilliseconds(5) };
    private readonly List<TablesStore> _stores = [];

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (var store in _stores)
            await store.DisposeAsync();
        Assert.Empty(_strict.Violations);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_committed_write_whose_answer_was_lost_is_a_success(bool othersWriteMeanwhile)
    {
        var other = Open();
        await other.Commit(Pods, Put("first", 0, "x"));
        var lost = 0;
        var store = Open(new InterceptingTransport(_strict, async (message, send) =>
        {
            await send();
            if (!InterceptingTransport.IsTransaction(message) || Interlocked.Increment(ref lost) > 1)
                return;
            if (othersWriteMeanwhile)
                await other.Commit(Pods, Put("other", 0, "x"));
            throw new IOException("the answer was lost");
        }));
        var result = await store.WriteAsync(Pods, Put("a", 0, "one"), default);
        Assert.Equal((WriteOutcome.Committed, 2), (result.Outcome, result.Object!.Revision));
        Assert.Equal(othersWriteMeanwhile ? 3 : 2, await store.GetHeadAsync(Pods, default));
        // What was learnt of the row's ETag must not be missed.
        Assert.Equal(WriteOutcome.Committed, (await store.WriteAsync(Pods, Put("a", 2, "two"), default)).Outcome);
    }

    [Fact]
    public async Task A_service_that_stays_away_is_told_after_a_bounded_time()
    {
        var store = Open(
            new InterceptingTransport(_strict, static (_, _) => throw new IOException("no network")), _options with { RetryFor = TimeSpan.FromMilliseconds(300) });
        await Assert.ThrowsAsync<StoreUnavailableException>(async () => await store.GetAsync(Pods, Key("a"), default));
        await Assert.ThrowsAsync<StoreUnavailableException>(async () => await store.WriteAsync(Pods, Put("a", 0, "x"), default));
        await Assert.ThrowsAsync<StoreUnavailableException>(async () => await store.ListAsync(Pods, new(), default));
        await Assert.ThrowsAsync<StoreUnavailableException>(async () => await store.WaitForHeadAsync(Pods, 0, default));
    }

    [Fact]
    public async Task A_cluster_that_is_not_there_is_told_and_not_created()
    {
        var store = Open(options: _options with { CreateOnFirstWrite = static _ => false });
        var elsewhere = Open(options: _options with { CreateOnFirstWrite = static _ => false });
        var pods = new Partition("team-a", "pods");
        await ExpectNotFound(store, pods);
        await store.CreateClusterAsync("team-a", default);
        await store.CreateClusterAsync("team-a", default);
        Assert.Equal(0, await store.GetHeadAsync(pods, default));
        await store.Commit(pods, Put("a", 0, "x"));
        await elsewhere.Commit(pods, Put("b", 0, "x"));
        Assert.Equal([pods], await elsewhere.ListPartitionsAsync("team-a", default));
        var waiting = elsewhere.WaitForHeadAsync(pods, 2, default).AsTask();
        await store.DropClusterAsync("team-a", default);
        await store.DropClusterAsync("team-a", default);
        await ExpectNotFound(store, pods);
        await ExpectNotFound(elsewhere, pods);
        await Assert.ThrowsAsync<ClusterNotFoundException>(() => waiting.WaitAsync(TimeSpan.FromSeconds(60)));
    }

    [Fact]
    public async Task Documents_over_an_entity_s_limit_are_refused_and_large_ones_share_transactions_as_they_fit()
    {
        var store = Open();
        var head = await store.WriteAsync(Pods, Random(1_100_000, 1, "huge"), default);
        Assert.Equal((WriteOutcome.TooLarge, 0), (head.Outcome, await store.GetHeadAsync(Pods, default)));
        // 1 MiB takes 2.8 MB of the 4 MiB, so each has a transaction of its own; what compresses well is small.
        var writes = Enumerable.Range(0, 4).Select(i => Random(1_040_000, i, $"p{i}")).Append(Put("zeros", 0, new string('0', 1_400_000))).ToArray();
        var results = await Task.WhenAll(writes.Select(w => store.WriteAsync(Pods, w, default).AsTask()));
        Assert.All(results, r => Assert.Equal(WriteOutcome.Committed, r.Outcome));
        foreach (var result in results)
        {
            var read = await store.GetAsync(Pods, result.Object!.Key, default);
            Assert.True(result.Object.Document.Span.SequenceEqual(read!.Document.Span));
        }
        Assert.Equal(5, (await store.ReadLogAsync(Pods, 0, 10, default)).Count);
    }

    [Fact]
    public async Task Creates_and_updates_of_what_was_read_need_no_read_of_their_own()
    {
        var store = Open();
        await store.Commit(Pods, Put("first", 0, "x"));
        var before = _strict.Requests;
        await store.Commit(Pods, Put("a", 0, "one"));
        await store.Commit(Pods, Put("a", 2, "two"));
        await store.Commit(Pods, Delete("a", 3));
        Assert.Equal(before + 3, _strict.Requests);
    }

    [Fact]
    public async Task Reads_of_one_object_at_the_same_time_share_a_request_that_began_after_all_of_them()
    {
        var (writer, requests, first) = (Open(), 0, new TaskCompletionSource());
        await writer.Commit(Pods, Put("a", 0, "one"));
        var reader = Open(new InterceptingTransport(_strict, async (_, send) =>
        {
            await send();
            if (Interlocked.Increment(ref requests) == 1)
                await first.Task;
        }));
        var early = reader.GetAsync(Pods, Key("a"), default).AsTask();
        await Until(() => Task.FromResult(Volatile.Read(ref requests) == 1));
        await writer.Commit(Pods, Put("a", 1, "two"));
        using var impatience = new CancellationTokenSource();
        var impatient = reader.GetAsync(Pods, Key("a"), impatience.Token).AsTask();
        var late = Enumerable.Range(0, 20).Select(_ => reader.GetAsync(Pods, Key("a"), default).AsTask()).ToArray();
        await impatience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => impatient);
        // The first may hang for long: the others wait for it only a moment.
        Assert.All(await Task.WhenAll(late).WaitAsync(TimeSpan.FromSeconds(60)), found => Assert.Equal(2, found!.Revision));
        Assert.Equal((false, 2), (early.IsCompleted, requests));
        first.SetResult();
        Assert.Equal(1, (await early)!.Revision);
    }

    [Fact]
    public async Task Closing_ends_reads_and_leaves_none_under_way()
    {
        var (begun, ended) = (0, 0);
        var store = Open(new InterceptingTransport(_strict, async (message, _) =>
        {
            Interlocked.Increment(ref begun);
            try
            {
                await Task.Delay(Timeout.Infinite, message.CancellationToken);
            }
            finally
            {
                Interlocked.Increment(ref ended);
            }
        }));
        var first = store.GetAsync(Pods, Key("a"), default).AsTask();
        await Until(() => Task.FromResult(Volatile.Read(ref begun) == 1));
        // It waits for its turn, which comes although the first one hangs.
        var second = store.GetAsync(Pods, Key("a"), default).AsTask();
        await Until(() => Task.FromResult(Volatile.Read(ref begun) == 2));
        await store.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Equal((2, 2), (Volatile.Read(ref begun), Volatile.Read(ref ended)));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => first.WaitAsync(TimeSpan.FromSeconds(60)));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => second.WaitAsync(TimeSpan.FromSeconds(60)));
    }

    [Fact]
    public async Task Writes_that_wait_when_the_store_is_closed_are_committed_with_the_reads_that_they_need()
    {
        await Open().Commit(Pods, Put("a", 0, "one"));
        var (answer, reads) = (new TaskCompletionSource(), 0);
        var store = Open(new InterceptingTransport(_strict, async (_, send) =>
        {
            if (Interlocked.Increment(ref reads) == 1)
                await answer.Task;
            await send();
        }));
        // Of a process that has read nothing yet: it needs the head first.
        var writing = store.WriteAsync(Pods, Put("a", 1, "two"), default).AsTask();
        await Until(() => Task.FromResult(Volatile.Read(ref reads) == 1));
        var closing = store.DisposeAsync().AsTask();
        answer.SetResult();
        await closing.WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Equal(WriteOutcome.Committed, (await writing).Outcome);
    }

    [Fact]
    public async Task Who_waits_is_told_of_writes_elsewhere_and_all_share_one_poll()
    {
        var (here, elsewhere) = (new StrictTransport(new HttpClientTransport()), Open());
        var store = Open(here);
        await elsewhere.Commit(Pods, Put("a", 0, "x"));
        var start = Stopwatch.GetTimestamp();
        var waiting = Enumerable.Range(0, 200).Select(_ => store.WaitForHeadAsync(Pods, 1, default).AsTask()).ToArray();
        await elsewhere.Commit(Pods, Put("b", 0, "x"));
        Assert.All(await Task.WhenAll(waiting).WaitAsync(TimeSpan.FromSeconds(60)), head => Assert.Equal(2, head));
        Assert.InRange(here.Requests, 1, Stopwatch.GetElapsedTime(start) / _options.FastestPoll + 2);
    }

    [Fact]
    public async Task Nothing_polls_when_nobody_waits()
    {
        var store = Open();
        await store.Commit(Pods, Put("a", 0, "x"));
        using var cancellation = new CancellationTokenSource();
        var waiting = store.WaitForHeadAsync(Pods, 1, cancellation.Token).AsTask();
        await Until(() => Task.FromResult(_strict.Requests > 6));
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        // The slowest poll is every half second; one may just have been under way.
        await Until(async () =>
        {
            var before = _strict.Requests;
            await Task.Delay(1200);
            return _strict.Requests == before;
        });
        // And it begins again.
        waiting = store.WaitForHeadAsync(Pods, 1, default).AsTask();
        await Open().Commit(Pods, Put("b", 0, "x"));
        Assert.Equal(2, await waiting.WaitAsync(TimeSpan.FromSeconds(60)));
    }

    [Fact]
    public async Task Compaction_goes_on_where_a_crash_left_it()
    {
        var store = Open();
        await store.Commit(Pods, Put("kept", 0, "x"));
        for (var i = 0; i < 120; i++)
            await store.Commit(Pods, i == 0 ? Put("a", 0, "x") : Put("a", i + 1, $"{i}"));
        await store.Commit(Pods, Delete("a", 121));
        var transactions = 0;
        // The head says that it is compacted, a hundred rows are gone, and then nothing more comes through.
        var crashing = Open(
            new InterceptingTransport(_strict, (message, send) => InterceptingTransport.IsTransaction(message) && Interlocked.Increment(ref transactions) > 2
                ? throw new IOException("crashed")
                : send()),
            _options with { RetryFor = TimeSpan.Zero });
        await Assert.ThrowsAsync<StoreUnavailableException>(async () => await crashing.CompactAsync(Pods, 122, default));
        var healthy = Open();
        await healthy.CompactAsync(Pods, 122, default);
        Assert.Equal(["head", "l!0000000000000000001", "o!default!kept", "swept"], await RowKeysAsync());
        await store.Commit(Pods, Put("kept", 1, "y"));
        var change = Assert.Single(await healthy.ReadLogAsync(Pods, 122, 10, default));
        Assert.Equal(Text(1, "x"), change.Previous.Text());
    }

    private async Task<string[]> RowKeysAsync()
    {
        var service = new TableService(_options.Endpoint, TablesPipeline.Build(_options with { Transport = _strict }, TimeProvider.System, new(new Random(1))));
        var rows = new List<string>();
        await foreach (var page in service.QueryAsync(TableName.Of(_options.TablePrefix, "default"), "PartitionKey eq 'pods'", default, default))
            rows.AddRange(page.Rows.Select(r => r.RowKey));
        return [.. rows];
    }

    private static async Task ExpectNotFound(TablesStore store, Partition partition)
    {
        await Assert.ThrowsAsync<ClusterNotFoundException>(async () => await store.GetHeadAsync(partition, default));
        await Assert.ThrowsAsync<ClusterNotFoundException>(async () => await store.GetAsync(partition, Key("a"), default));
        await Assert.ThrowsAsync<ClusterNotFoundException>(async () => await store.ListAsync(partition, new(), default));
        await Assert.ThrowsAsync<ClusterNotFoundException>(async () => await store.WriteAsync(partition, Put("new", 0, "x"), default));
        await Assert.ThrowsAsync<ClusterNotFoundException>(async () => await store.ListPartitionsAsync(partition.Cluster, default));
    }

    private static async Task Until(Func<Task<bool>> condition)
    {
        for (var start = Stopwatch.GetTimestamp(); !await condition(); await Task.Delay(20))
            Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(60), "It did not come to pass within a minute.");
    }

    private static Write Random(int bytes, int seed, string name)
    {
        var document = new byte[bytes];
        new Random(seed).NextBytes(document);
        return new(Key(name), 0, new(document, 0), false, Guid.NewGuid());
    }

    private TablesStore Open(HttpPipelineTransport? transport = null, TablesStoreOptions? options = null)
    {
        var store = new TablesStore((options ?? _options) with { Transport = transport ?? _strict }, TimeProvider.System, new Random(1));
        _stores.Add(store);
        return store;
    }
}
