using FsCheck;
using FsCheck.Fluent;

namespace CloudPlane.Client.Tests;

public sealed class ReplicaTests
{
    private static readonly CancellationToken None = CancellationToken.None;

    [Fact]
    public async Task Sync_lists_once_and_then_follows_the_log()
    {
        var feed = new FakeFeed();
        using var replica = new Replica<Pod>(feed);
        for (var i = 0; i < 20; i++) feed.Put(PodOn($"p{i}", "n1"));
        Assert.Equal(20, (await replica.SyncAsync(None)).Count);
        for (var i = 0; i < 20; i++) feed.Put(PodOn($"q{i}", "n2"));
        feed.Delete("default", "p3");
        var snapshot = await replica.SyncAsync(None);

        Assert.Equal(39, snapshot.Count);
        Assert.Equal(1, feed.Lists);
        Assert.Equal(19, snapshot.Find(PodIndexes.NodeName, "n1").Count());
        Assert.Same(snapshot, await replica.SyncAsync(None));
    }

    [Fact]
    public async Task An_empty_resource_is_synced_without_end()
    {
        using var replica = new Replica<Pod>(new FakeFeed());
        Assert.Equal(0, (await replica.SyncAsync(None)).Count);
        Assert.Equal(0, (await replica.SyncAsync(None)).Revision);
    }

    [Fact]
    public async Task It_lists_again_when_the_log_no_longer_reaches()
    {
        var feed = new FakeFeed();
        using var replica = new Replica<Pod>(feed);
        feed.Put(PodOn("a", "n1"));
        await replica.SyncAsync(None);
        feed.Delete("default", "a");
        feed.Put(PodOn("b", "n1"));
        feed.ForgetLog();
        feed.Put(PodOn("c", "n1"));

        Assert.Equal(["b", "c"], (await replica.SyncAsync(None)).All.Select(p => p.Metadata.Name));
        Assert.Equal(2, feed.Lists);
    }

    [Fact]
    public async Task Concurrent_syncs_share_one_read()
    {
        var feed = new FakeFeed();
        using var replica = new Replica<Pod>(feed);
        feed.Put(PodOn("a", "n1"));
        await replica.SyncAsync(None);
        feed.Put(PodOn("b", "n1"));
        var gate = new TaskCompletionSource();
        feed.Gate = gate.Task;
        var syncs = Enumerable.Range(0, 50).Select(_ => replica.SyncAsync(None).AsTask()).ToArray();
        gate.SetResult();

        Assert.All(await Task.WhenAll(syncs), s => Assert.Equal(2, s.Count));
        Assert.Equal(1, feed.Reads);
    }

    [Fact]
    public async Task A_cancelled_sync_leaves_the_next_one_able()
    {
        var feed = new FakeFeed();
        using var replica = new Replica<Pod>(feed);
        feed.Put(PodOn("a", "n1"));
        await replica.SyncAsync(None);
        feed.Put(PodOn("b", "n1"));
        feed.Gate = new TaskCompletionSource().Task;
        using var stop = new CancellationTokenSource();
        var sync = replica.SyncAsync(stop.Token).AsTask();
        stop.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sync);
        feed.Gate = Task.CompletedTask;
        Assert.Equal(2, (await replica.SyncAsync(None)).Count);
    }

    [Fact]
    public async Task Snapshots_do_not_change_and_untouched_buckets_stay_the_same()
    {
        var feed = new FakeFeed();
        using var replica = new Replica<Pod>(feed);
        feed.Put(PodOn("a", "n1"));
        feed.Put(PodOn("b", "n2"));
        var first = await replica.SyncAsync(None);
        var (n1, n2) = (first.Bucket(PodIndexes.NodeName, "n1"), first.Bucket(PodIndexes.NodeName, "n2"));
        feed.Put(PodOn("a", "n2"));
        var second = await replica.SyncAsync(None);

        Assert.Equal(["a"], n1.Values.Select(p => p.Metadata.Name));
        Assert.Equal(["b"], n2.Values.Select(p => p.Metadata.Name));
        Assert.Empty(second.Bucket(PodIndexes.NodeName, "n1"));
        feed.Put(PodOn("c", "n1"));
        var third = await replica.SyncAsync(None);
        Assert.Same(second.Bucket(PodIndexes.NodeName, "n2"), third.Bucket(PodIndexes.NodeName, "n2"));
    }

    [Fact]
    public async Task A_broken_document_is_named()
    {
        var feed = new FakeFeed();
        using var replica = new Replica<Pod>(feed);
        feed.Put(PodOn("a", "n1"));
        await replica.SyncAsync(None);
        feed.Put("""{"spec":3}""");
        var error = await Assert.ThrowsAsync<InvalidDataException>(() => replica.SyncAsync(None).AsTask());
        Assert.Equal("a stored object of pods can't be read: expected an object, found Number at byte 8", error.Message);
    }

    [Fact]
    public void Indexes_built_late_or_kept_up_say_the_same() =>
        Prop.ForAll<(byte Name, byte Node, bool Delete)[]>(steps =>
        {
            var feed = new FakeFeed();
            using var kept = new Replica<Pod>(feed);
            kept.SyncAsync(None).AsTask().GetAwaiter().GetResult().Find(PodIndexes.NodeName, "n0");
            foreach (var (name, node, delete) in steps)
            {
                if (delete) feed.Delete("default", $"p{name % 8}");
                else feed.Put(PodOn($"p{name % 8}", $"n{node % 3}"));
                if (node % 2 == 0) kept.SyncAsync(None).AsTask().GetAwaiter().GetResult();
            }
            using var late = new Replica<Pod>(feed);
            var (a, b) = (kept.SyncAsync(None).AsTask().GetAwaiter().GetResult(), late.SyncAsync(None).AsTask().GetAwaiter().GetResult());
            return Enumerable.Range(0, 3).All(n => Names(a, n).SequenceEqual(Names(b, n))) && a.Count == b.Count;

            static IEnumerable<string?> Names(ReplicaSnapshot<Pod> pods, int n) => pods.Find(PodIndexes.NodeName, $"n{n}").Select(p => p.Metadata.Name);
        }).QuickCheckThrowOnFailure();

    private static Pod PodOn(string name, string node) =>
        new() { Metadata = new() { Name = name, Namespace = "default", Uid = name }, Spec = new() { NodeName = node } };
}
