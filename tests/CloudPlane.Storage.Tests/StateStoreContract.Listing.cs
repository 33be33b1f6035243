using static CloudPlane.Storage.Tests.Documents;

namespace CloudPlane.Storage.Tests;

public abstract partial class StateStoreContract
{
    [Fact]
    public async Task A_list_is_in_the_order_of_namespace_and_name()
    {
        ObjectKey[] sorted =
        [
            new("", "z"), new("a", "A"), new("a", "a"), new("a", "a-b"), new("a", "a.b"), new("a", "ab"), new("a-b", "a"), new("ab", "a"),
            new("ä", "b"), new("ä", "\uFFFD"), new("ä", "\U0001F600"),
        ];
        foreach (var key in sorted.OrderBy(k => k.Name.GetHashCode()))
            await Store.Commit(Pods, Put(key.Name, 0, "x", key.Namespace));
        Assert.Equal(sorted, (await Store.ListAsync(Pods, new(), default)).Items.Select(o => o.Key));
        Assert.Equal(sorted, sorted.Order());
        Assert.Equal(sorted[1..6], (await Store.ListAsync(Pods, new() { Namespace = "a" }, default)).Items.Select(o => o.Key));
        Assert.Equal(sorted[..1], (await Store.ListAsync(Pods, new() { Namespace = "" }, default)).Items.Select(o => o.Key));
        Assert.Empty((await Store.ListAsync(Pods, new() { Namespace = "b" }, default)).Items);
    }

    [Fact]
    public async Task Pages_continue_after_a_key_and_count_the_rest()
    {
        foreach (var name in "abcde")
            await Store.Commit(Pods, Put($"{name}", 0, "x", name < 'd' ? "one" : "two"));
        await ExpectPage(new() { Limit = 2 }, "ab", 3);
        await ExpectPage(new() { Limit = 2, After = new("one", "b") }, "cd", 1);
        await ExpectPage(new() { Limit = 2, After = new("two", "d") }, "e", 0);
        await ExpectPage(new() { Limit = 5 }, "abcde", 0);
        await ExpectPage(new() { Limit = 1, Namespace = "one", After = new("one", "a") }, "b", 1);
        await ExpectPage(new() { Namespace = "two", After = new("one", "a") }, "de", 0);
        await ExpectPage(new() { Namespace = "one", After = new("two", "d") }, "", 0);
        await ExpectPage(new() { After = new("one", "bb"), Limit = 1 }, "c", 2);
        await ExpectPage(new() { After = new("one", "bb"), Limit = 1, AtRevision = 4 }, "c", 1);
        await ExpectPage(new() { Limit = 2, Namespace = "one", AtRevision = 2 }, "ab", 0);
    }

    [Fact]
    public async Task A_list_at_an_old_revision_shows_what_was_there_then()
    {
        await Store.Commit(Pods, Put("a", 0, "one"));
        await Store.Commit(Pods, Put("b", 0, "one"));
        await Store.Commit(Pods, Put("a", 1, "two"));
        await Store.Commit(Pods, Delete("b", 2));
        await Store.Commit(Pods, Put("c", 0, "one"));
        await Store.Commit(Pods, Put("b", 0, "new"));
        string a1 = "default/a@1 " + Text(1, "one"), a3 = "default/a@3 " + Text(3, "two");
        string b2 = "default/b@2 " + Text(2, "one"), b6 = "default/b@6 " + Text(6, "new"), c5 = "default/c@5 " + Text(5, "one");
        string[][] expected = [[], [a1], [a1, b2], [a3, b2], [a3], [a3, c5], [a3, b6, c5]];
        for (var revision = 0; revision < expected.Length; revision++)
        {
            Assert.Equal(expected[revision], await Lines(Store, Pods, new() { AtRevision = revision }));
            var afterA = await Lines(Store, Pods, new() { AtRevision = revision, After = Key("a"), Limit = 1 });
            Assert.Equal(expected[revision].Skip(1).Take(1), afterA);
        }
        Assert.Equal(expected[6], await Lines(Store, Pods, new()));
    }

    [Fact]
    public async Task A_list_at_a_revision_that_has_not_happened_is_an_error()
    {
        await Store.Commit(Pods, Put("a", 0, "one"));
        var error = await Assert.ThrowsAsync<RevisionInFutureException>(async () => await Lines(Store, Pods, new() { AtRevision = 2 }));
        Assert.Equal((2, 1), (error.Requested, error.Head));
        await Assert.ThrowsAsync<RevisionInFutureException>(async () => await Lines(Store, Nodes, new() { AtRevision = 1 }));
    }

    [Fact]
    public async Task Pages_of_one_revision_fit_together_while_writers_go_on()
    {
        for (var i = 0; i < 200; i++)
            await Store.Commit(Pods, Put($"p{i:000}", 0, "first"));
        using var stop = new CancellationTokenSource();
        var churn = Task.Run(async () =>
        {
            for (var i = 0; !stop.IsCancellationRequested; i++)
            {
                var name = $"p{i * 7 % 220:000}";
                var current = await Store.GetAsync(Pods, Key(name), default);
                var put = current is null || i % 3 > 0;
                await Store.WriteAsync(Pods, put ? Put(name, current?.Revision ?? 0, $"{i}") : Delete(name, current!.Revision), default);
            }
        });
        for (var round = 0; round < 10; round++)
        {
            var first = await Store.ListAsync(Pods, new() { Limit = 23 }, default);
            var whole = await Store.ListAsync(Pods, new() { AtRevision = first.Revision }, default);
            var pages = new List<StoredObject>(first.Items);
            for (var page = first; page.Remaining > 0; pages.AddRange(page.Items))
            {
                Assert.Equal(whole.Items.Count, pages.Count + page.Remaining);
                page = await Store.ListAsync(Pods, new() { Limit = 23, After = pages[^1].Key, AtRevision = first.Revision }, default);
                Assert.Equal(first.Revision, page.Revision);
            }
            Assert.Equal(whole.Items.Select(o => o.Line()), pages.Select(o => o.Line()));
            Assert.All(pages, o => Assert.True(o.Revision <= first.Revision));
        }
        stop.Cancel();
        await churn;
    }

    [Fact]
    public async Task A_scan_is_the_list_in_bounded_pages_of_one_revision()
    {
        // Large ones among small ones, more than any page may hold.
        for (var i = 0; i < 400; i++)
            await Store.Commit(Pods, Put($"p{i * 7 % 400:000}", 0, i % 20 == 0 ? new string('x', 60_000) : $"{i}", i % 3 == 0 ? "one" : "two"));
        ListQuery[] queries = [new(), new() { Namespace = "two" }, new() { Limit = 170 }, new() { After = new("one", "p100"), Limit = 250 }, new() { Limit = 1 }];
        foreach (var query in queries)
        {
            var whole = await Store.ListAsync(Pods, query, default);
            var pages = await Pages(Pods, query, afterEach: async () => await Store.Commit(Pods, Put(Guid.NewGuid().ToString(), 0, "later")));
            Assert.Equal(whole.Items.Select(o => o.Line()), pages.SelectMany(p => p.Items).Select(o => o.Line()));
            Assert.All(pages, p => Assert.Equal(whole.Revision, p.Revision));
            Assert.All(pages, p => Assert.True(p.Items.Count > 0 && p.Items.Sum(o => o.Document.Length) < 2 * 1024 * 1024));
            Assert.All(pages[..^1], p => Assert.True(p.Remaining > 0));
            Assert.Equal(whole.Remaining, pages[^1].Remaining);
            Assert.True(whole.Items.Count < 400 || pages.Count > 1, $"{pages.Count} pages");
        }
    }

    [Fact]
    public async Task A_scan_of_nothing_is_one_empty_page()
    {
        var page = Assert.Single(await Pages(Pods, new()));
        Assert.Equal((0, 0, 0), (page.Revision, page.Items.Count, page.Remaining));
        await Store.Commit(Pods, Put("a", 0, "x"));
        page = Assert.Single(await Pages(Pods, new() { Namespace = "none" }));
        Assert.Equal((1, 0, 0), (page.Revision, page.Items.Count, page.Remaining));
        await Assert.ThrowsAsync<RevisionInFutureException>(() => Pages(Pods, new() { AtRevision = 2 }));
        await Assert.ThrowsAsync<RevisionInFutureException>(() => Pages(Nodes, new() { AtRevision = 1 }));
    }

    private async Task<List<ObjectPage>> Pages(Partition partition, ListQuery query, Func<Task>? afterEach = null)
    {
        var pages = new List<ObjectPage>();
        await foreach (var page in Store.ScanAsync(partition, query, default))
        {
            pages.Add(page);
            await (afterEach?.Invoke() ?? Task.CompletedTask);
        }
        return pages;
    }

    private async Task ExpectPage(ListQuery query, string names, long remaining)
    {
        var page = await Store.ListAsync(Pods, query, default);
        Assert.Equal(names, string.Concat(page.Items.Select(o => o.Key.Name)));
        Assert.Equal(remaining, page.Remaining);
    }
}
