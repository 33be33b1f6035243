using static CloudPlane.Storage.Tests.Documents;

namespace CloudPlane.Storage.Tests;

public abstract partial class StateStoreContract
{
    [Fact]
    public async Task An_unwritten_partition_is_empty_at_revision_0()
    {
        Assert.Equal(0, await Store.GetHeadAsync(Pods, default));
        Assert.Null(await Store.GetAsync(Pods, Key("a"), default));
        var page = await Store.ListAsync(Pods, new ListQuery { AtRevision = 0 }, default);
        Assert.Equal((0, 0, 0), (page.Revision, page.Items.Count, page.Remaining));
        Assert.Empty(await Store.ReadLogAsync(Pods, 0, 10, default));
        Assert.Empty(await Store.ListPartitionsAsync("default", default));
    }

    [Fact]
    public async Task A_document_is_stored_with_its_revision_in_it()
    {
        await Store.Commit(Pods, Put("other", 0, "x"));
        var result = await Store.WriteAsync(Pods, Put("a", 0, "one"), default);
        Assert.Equal("default/a@2 " + Text(2, "one"), result.Object!.Line());
        Assert.Equal(result.Object!.Line(), (await Store.GetAsync(Pods, Key("a"), default))!.Line());
        Assert.Equal(2, await Store.GetHeadAsync(Pods, default));
    }

    [Fact]
    public async Task Each_partition_has_a_revision_of_its_own()
    {
        Assert.Equal(1, await Store.Commit(Pods, Put("a", 0, "pod")));
        Assert.Equal(1, await Store.Commit(Nodes, Put("a", 0, "node")));
        Assert.Equal(1, await Store.Commit(new("other", "pods"), Put("a", 0, "other pod")));
        Assert.Equal(Text(1, "pod"), (await Store.GetAsync(Pods, Key("a"), default))!.Text());
        Assert.Equal(["default/a@1 " + Text(1, "node")], await Lines(Store, Nodes, new()));
        Assert.Equal([Nodes, Pods], await Store.ListPartitionsAsync("default", default));
        Assert.Equal([new("other", "pods")], await Store.ListPartitionsAsync("other", default));
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, false)]
    [InlineData(3, false)]
    [InlineData(0, true)]
    [InlineData(1, true)]
    public async Task A_wrong_expectation_changes_nothing_and_shows_the_current_object(long expected, bool delete)
    {
        await Store.Commit(Pods, Put("a", 0, "one"));
        await Store.Commit(Pods, Put("a", 1, "two"));
        var result = await Store.WriteAsync(Pods, delete ? Delete("a", expected) : Put("a", expected, "three"), default);
        Assert.Equal(WriteOutcome.Conflict, result.Outcome);
        Assert.Equal("default/a@2 " + Text(2, "two"), result.Object!.Line());
        Assert.Equal(2, await Store.GetHeadAsync(Pods, default));
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(1, true)]
    [InlineData(1, false)]
    public async Task Changing_what_is_not_there_is_a_conflict_with_nothing(long expected, bool delete)
    {
        await Store.Commit(Pods, Put("other", 0, "x"));
        var result = await Store.WriteAsync(Pods, delete ? Delete("a", expected) : Put("a", expected, "x"), default);
        Assert.Equal((WriteOutcome.Conflict, null), (result.Outcome, result.Object));
    }

    [Fact]
    public async Task A_deletion_takes_a_revision_and_returns_the_final_state()
    {
        await Store.Commit(Pods, Put("a", 0, "one"));
        var result = await Store.WriteAsync(Pods, Delete("a", 1, "final"), default);
        Assert.Equal("default/a@2 " + Text(2, "final"), result.Object!.Line());
        Assert.Null(await Store.GetAsync(Pods, Key("a"), default));
        Assert.Equal(3, await Store.Commit(Pods, Put("a", 0, "again")));
    }

    [Fact]
    public async Task A_repeated_write_gets_its_first_answer_until_something_else_happens()
    {
        Write create = Put("a", 0, "one"), update = Put("a", 1, "two"), delete = Delete("a", 2);
        foreach (var write in new[] { create, update, delete })
        {
            var first = await Store.WriteAsync(Pods, write, default);
            var second = await Store.WriteAsync(Pods, write, default);
            Assert.Equal((WriteOutcome.Committed, first.Object!.Line()), (second.Outcome, second.Object!.Line()));
        }
        Assert.Equal(3, await Store.GetHeadAsync(Pods, default));
        await Store.Commit(Pods, Put("a", 0, "another"));
        Assert.Equal(WriteOutcome.Conflict, (await Store.WriteAsync(Pods, delete, default)).Outcome);
    }

    [Fact]
    public async Task A_document_over_the_limit_is_refused_and_one_at_the_limit_is_not()
    {
        var overhead = Template("").Bytes.Length;
        Assert.Equal(1, await Store.Commit(Pods, Put("a", 0, new string('x', MaxDocumentBytes - overhead))));
        var result = await Store.WriteAsync(Pods, Put("b", 0, new string('x', MaxDocumentBytes - overhead + 1)), default);
        Assert.Equal((WriteOutcome.TooLarge, null), (result.Outcome, result.Object));
        Assert.Equal(1, await Store.GetHeadAsync(Pods, default));
        Assert.Equal(MaxDocumentBytes + 1, (await Store.GetAsync(Pods, Key("a"), default))!.Document.Length);
    }

    [Fact]
    public async Task An_empty_document_is_a_document()
    {
        await Store.WriteAsync(Pods, new(Key("a"), 0, new(default, 0), false, Guid.NewGuid()), default);
        Assert.Equal("1", (await Store.GetAsync(Pods, Key("a"), default))!.Text());
    }

    [Fact]
    public async Task The_state_before_is_told_whether_or_not_the_writer_says_it()
    {
        var first = (await Store.WriteAsync(Pods, Put("a", 0, "one"), default)).Object!;
        var second = (await Store.WriteAsync(Pods, Put("a", 1, "two") with { Current = first.Document }, default)).Object!;
        await Store.Commit(Pods, Put("a", 2, "three"));
        await Store.Commit(Pods, Delete("a", 3) with { Current = Text(3, "three").Utf8() });
        var previous = (await Store.ReadLogAsync(Pods, 0, 9, default)).Select(c => c.Previous.Text());
        Assert.Equal(["", first.Text(), second.Text(), Text(3, "three")], previous);
    }

    [Fact]
    public async Task A_cancelled_write_is_not_done()
    {
        var cancelled = new CancellationToken(true);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await Store.WriteAsync(Pods, Put("a", 0, "x"), cancelled));
        Assert.Equal(0, await Store.GetHeadAsync(Pods, default));
    }

    [Fact]
    public async Task Keys_that_can_not_be_stored_are_refused_and_never_found()
    {
        foreach (var key in new ObjectKey[] { new("a\u0001b", "c"), new("a\0", "c"), new("a", "") })
        {
            await Assert.ThrowsAsync<ArgumentException>(
                async () => await Store.WriteAsync(Pods, new(key, 0, Template("x"), false, Guid.NewGuid()), default));
            Assert.Null(await Store.GetAsync(Pods, key, default));
        }
        var outside = new Write(Key("a"), 0, new("x"u8.ToArray(), 2), false, Guid.NewGuid());
        await Assert.ThrowsAsync<ArgumentException>(async () => await Store.WriteAsync(Pods, outside, default));
        await Store.Commit(Pods, Put("b\u0001c", 0, "x", "a"));
        Assert.Empty(await Lines(Store, Pods, new() { Namespace = "a\u0001b" }));
        Assert.NotNull(await Store.GetAsync(Pods, new("a", "b\u0001c"), default));
    }

    [Fact]
    public async Task Of_concurrent_writers_of_one_object_one_wins_each_revision()
    {
        await Store.Commit(Pods, Put("a", 0, "start"));
        var wins = await Task.WhenAll(Enumerable.Range(0, 16).Select(writer => Task.Run(async () =>
        {
            var mine = 0;
            for (var i = 0; i < 20; i++)
            {
                var current = (await Store.GetAsync(Pods, Key("a"), default))!;
                var result = await Store.WriteAsync(Pods, Put("a", current.Revision, $"{writer}/{i}"), default);
                mine += result.Outcome == WriteOutcome.Committed ? 1 : 0;
            }
            return mine;
        })));
        Assert.Equal(wins.Sum() + 1, await Store.GetHeadAsync(Pods, default));
        var log = await Store.ReadLogAsync(Pods, 0, int.MaxValue, default);
        Assert.Equal(Enumerable.Range(1, log.Count), log.Select(c => (int)c.Revision));
        Assert.All(log.Zip(log.Skip(1)), pair => Assert.Equal(pair.First.Document.Text(), pair.Second.Previous.Text()));
    }

    [Fact]
    public async Task Writes_started_together_are_each_answered_on_their_own()
    {
        await Store.Commit(Pods, Put("taken", 0, "x"));
        var writes = Enumerable.Range(0, 300).Select(i => i % 3 == 0 ? Put("taken", 0, "no") : Put($"p{i}", 0, "yes")).ToArray();
        var results = await Task.WhenAll(writes.Select(w => Store.WriteAsync(Pods, w, default).AsTask()));
        for (var n = 0; n < writes.Length; n++)
            Assert.Equal(n % 3 == 0 ? WriteOutcome.Conflict : WriteOutcome.Committed, results[n].Outcome);
        Assert.Equal(201, await Store.GetHeadAsync(Pods, default));

    }

    [Fact]
    public async Task After_disposal_nothing_is_answered()
    {
        await Store.Commit(Pods, Put("a", 0, "x"));
        var waiting = Store.WaitForHeadAsync(Pods, 1, default).AsTask();
        await Store.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => waiting);
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await Store.GetAsync(Pods, Key("a"), default));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await Store.WriteAsync(Pods, Put("b", 0, "x"), default));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await Store.ListPartitionsAsync("default", default));
    }
}
