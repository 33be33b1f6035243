using static CloudPlane.Storage.Tests.Documents;

namespace CloudPlane.Storage.Tests;

public abstract partial class StateStoreContract
{
    [Fact]
    public async Task The_log_tells_each_change_with_the_state_before_and_after()
    {
        await Store.Commit(Pods, Put("a", 0, "one"));
        await Store.Commit(Pods, Put("a", 1, "two"));
        await Store.Commit(Pods, Put("b", 0, "one"));
        await Store.Commit(Pods, Delete("a", 2, "final"));
        string[] all =
        [
            $"1 Added default/a {Text(1, "one")} (was )",
            $"2 Modified default/a {Text(2, "two")} (was {Text(1, "one")})",
            $"3 Added default/b {Text(3, "one")} (was )",
            $"4 Deleted default/a {Text(4, "final")} (was {Text(2, "two")})",
        ];
        Assert.Equal(all, await Log(0));
        Assert.Equal(all[1..3], await Log(1, 2));
        Assert.Equal(all[3..], await Log(3));
        Assert.Empty(await Log(4));
        Assert.Empty(await Log(5));
        Assert.Empty(await Store.ReadLogAsync(Nodes, 0, 10, default));
    }

    [Fact]
    public async Task Waiting_ends_when_the_head_is_greater()
    {
        await Store.Commit(Pods, Put("a", 0, "one"));
        Assert.Equal(1, await Store.WaitForHeadAsync(Pods, 0, default));
        var next = Store.WaitForHeadAsync(Pods, 1, default).AsTask();
        var later = Store.WaitForHeadAsync(Pods, 2, default).AsTask();
        await Store.Commit(Nodes, Put("a", 0, "another partition"));
        Assert.False(next.IsCompleted);
        await Store.Commit(Pods, Put("b", 0, "one"));
        Assert.Equal(2, await next.WaitAsync(TimeSpan.FromSeconds(10)));
        Assert.False(later.IsCompleted);
        await Store.Commit(Pods, Put("c", 0, "one"));
        Assert.Equal(3, await later.WaitAsync(TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public async Task Waiting_can_be_cancelled()
    {
        using var cancellation = new CancellationTokenSource();
        var waiting = Store.WaitForHeadAsync(Pods, 0, cancellation.Token).AsTask();
        cancellation.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
    }

    [Fact]
    public async Task A_thousand_waiters_each_see_every_change_once()
    {
        const int Changes = 50;
        var readers = Enumerable.Range(0, 1000).Select(async _ =>
        {
            var seen = 0L;
            while (seen < Changes)
            {
                await Store.WaitForHeadAsync(Pods, seen, default);
                foreach (var change in await Store.ReadLogAsync(Pods, seen, 1000, default))
                    Assert.Equal(++seen, change.Revision);
            }
        }).ToArray();
        for (var i = 0; i < Changes; i++)
            await Store.Commit(Pods, Put($"p{i}", 0, "x"));
        await Task.WhenAll(readers).WaitAsync(TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task Compaction_forgets_older_history_and_nothing_else()
    {
        await Store.Commit(Pods, Put("a", 0, "one"));
        await Store.Commit(Pods, Put("b", 0, "one"));
        await Store.Commit(Pods, Put("a", 1, "two"));
        await Store.Commit(Pods, Delete("b", 2));
        await Store.Commit(Pods, Put("a", 3, "three"));
        await Store.Commit(Pods, Put("b", 0, "new"));
        await Store.CompactAsync(Pods, 4, default);
        for (var revision = 0; revision < 4; revision++)
        {
            var list = await Assert.ThrowsAsync<RevisionExpiredException>(async () => await Lines(Store, Pods, new() { AtRevision = revision }));
            var log = await Assert.ThrowsAsync<RevisionExpiredException>(async () => await Log(revision));
            Assert.Equal((revision, 4, revision, 4), (list.Requested, list.Compacted, log.Requested, log.Compacted));
        }
        Assert.Equal(["default/a@3 " + Text(3, "two")], await Lines(Store, Pods, new() { AtRevision = 4 }));
        Assert.Equal(["default/a@5 " + Text(5, "three")], await Lines(Store, Pods, new() { AtRevision = 5 }));
        Assert.Equal(
            [$"5 Modified default/a {Text(5, "three")} (was {Text(3, "two")})", $"6 Added default/b {Text(6, "new")} (was )"],
            await Log(4));
        Assert.Equal(Text(5, "three"), (await Store.GetAsync(Pods, Key("a"), default))!.Text());
    }

    [Fact]
    public async Task Compaction_up_to_the_head_keeps_the_head_and_the_objects()
    {
        await Store.Commit(Pods, Put("a", 0, "one"));
        await Store.Commit(Pods, Put("b", 0, "one"));
        await Store.Commit(Pods, Delete("b", 2));
        await Store.CompactAsync(Pods, 3, default);
        await Store.CompactAsync(Pods, 3, default);
        await Store.CompactAsync(Pods, 1, default);
        Assert.Equal(3, await Store.GetHeadAsync(Pods, default));
        var page = await Store.ListAsync(Pods, new(), default);
        Assert.Equal((3, "default/a@1 " + Text(1, "one")), (page.Revision, page.Items.Single().Line()));
        Assert.Empty(await Log(3));
        await Assert.ThrowsAsync<RevisionInFutureException>(async () => await Store.CompactAsync(Pods, 4, default));
        Assert.Equal(4, await Store.Commit(Pods, Put("a", 1, "two")));
        Assert.Equal([$"4 Modified default/a {Text(4, "two")} (was {Text(1, "one")})"], await Log(3));
    }

    [Fact]
    public async Task The_log_reaches_back_beyond_what_is_kept_in_memory()
    {
        var text = new string('x', 20_000);
        for (var i = 1; i <= 300; i++)
            await Store.Commit(Pods, Put("a", i - 1, $"{i}{text}"));
        var seen = 0L;
        while (seen < 300)
        {
            foreach (var change in await Store.ReadLogAsync(Pods, seen, 37, default))
            {
                Assert.Equal(++seen, change.Revision);
                Assert.Equal(Text(seen, $"{seen}{text}"), change.Document.Text());
                Assert.Equal(seen == 1 ? "" : Text(seen - 1, $"{seen - 1}{text}"), change.Previous.Text());
            }
        }
    }
}
