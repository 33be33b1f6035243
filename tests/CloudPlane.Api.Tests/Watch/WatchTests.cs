using CloudPlane.Storage;
using static CloudPlane.Api.Tests.Manifests;

namespace CloudPlane.Api.Tests;

public sealed class WatchTests : IAsyncDisposable
{
    private const string ConfigMaps = Namespaced + "/configmaps";
    private readonly TestApi _api = new();

    public ValueTask DisposeAsync() => _api.DisposeAsync();

    private Task<Answer> AddAsync(string name, string label = "1") => _api.PostAsync(ConfigMaps, ConfigMap(name, labels: $$$"""{"x":"{{{label}}}"}"""));

    [Fact]
    public async Task From_a_list_every_change_once_and_in_order()
    {
        await AddAsync("a");
        var from = (await _api.GetAsync(ConfigMaps)).Version;
        await using var watch = _api.Open($"{ConfigMaps}?watch=1&resourceVersion={from}");
        Assert.Equal(200, await watch.Status);
        await AddAsync("b");
        await _api.PatchAsync($"{ConfigMaps}/a", """{"data":{"k":"2"}}""");
        await _api.DeleteAsync($"{ConfigMaps}/b");
        var events = new[] { await watch.EventAsync(), await watch.EventAsync(), await watch.EventAsync() };
        Assert.Equal(["ADDED b", "MODIFIED a", "DELETED b"], events.Select(e => $"{e.Type} {e.Name}"));
        Assert.Equal(events.Select(e => long.Parse(e.Version)).Order(), events.Select(e => long.Parse(e.Version)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("&resourceVersion=0")]
    public async Task Without_a_revision_what_is_there_comes_first(string query)
    {
        await AddAsync("a");
        await using var watch = _api.Open($"{ConfigMaps}?watch=true{query}");
        Assert.Equal("ADDED a", await Shown(watch));
        await AddAsync("b");
        Assert.Equal("ADDED b", await Shown(watch));
    }

    [Fact]
    public async Task Objects_enter_and_leave_a_selection()
    {
        await AddAsync("a", "2");
        var from = (await _api.GetAsync(ConfigMaps)).Version;
        await using var watch = _api.Open($"{ConfigMaps}?watch=1&resourceVersion={from}&labelSelector=x%3D1");
        await AddAsync("other", "2");
        await _api.PatchAsync($"{ConfigMaps}/a", """{"metadata":{"labels":{"x":"1"}}}""");
        Assert.Equal("ADDED a", await Shown(watch));
        await _api.PatchAsync($"{ConfigMaps}/a", """{"data":{"k":"2"}}""");
        Assert.Equal("MODIFIED a", await Shown(watch));
        var left = await _api.PatchAsync($"{ConfigMaps}/a", """{"metadata":{"labels":{"x":"3"}}}""");
        var deleted = await watch.EventAsync();
        Assert.Equal("DELETED", deleted.Type);
        Assert.Equal(left.Version, deleted.Version);
        Assert.Equal("1", deleted.Object["metadata"]!["labels"]!["x"]!.GetValue<string>());
        await AddAsync("end");
        Assert.Equal("ADDED end", await Shown(watch));
    }

    [Fact]
    public async Task Only_one_namespace_and_only_one_name()
    {
        await _api.PostAsync("/api/v1/namespaces", Namespace("team"));
        await using var inTeam = _api.Open("/api/v1/namespaces/team/configmaps?watch=1");
        await using var one = _api.Open($"{ConfigMaps}/b?watch=1");
        await AddAsync("a");
        await AddAsync("b");
        await _api.PostAsync("/api/v1/namespaces/team/configmaps", ConfigMap("c"));
        Assert.Equal("ADDED c", await Shown(inTeam));
        Assert.Equal("ADDED b", await Shown(one));
    }

    [Fact]
    public async Task Initial_events_end_with_a_marked_bookmark()
    {
        await AddAsync("a");
        await using var watch = _api.Open(
            $"{ConfigMaps}?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true");
        Assert.Equal("ADDED a", await Shown(watch));
        var bookmark = await watch.EventAsync();
        Assert.Equal("BOOKMARK", bookmark.Type);
        Assert.Equal("true", bookmark.Object["metadata"]!["annotations"]!["k8s.io/initial-events-end"]!.GetValue<string>());
        (await _api.GetAsync($"{ConfigMaps}?watch=1&sendInitialEvents=true")).IsFailure(422, "Invalid");
    }

    [Fact]
    public async Task A_compacted_revision_is_an_Expired_event()
    {
        for (var i = 0; i < 5; i++)
            await AddAsync($"a{i}");
        await _api.Store.CompactAsync(new Partition("default", "configmaps"), 3, default);
        await using var watch = _api.Open($"{ConfigMaps}?watch=1&resourceVersion=1");
        var error = await watch.EventAsync();
        Assert.Equal("ERROR", error.Type);
        Assert.Equal(410, error.Object["code"]!.GetValue<int>());
        Assert.Equal("Expired", error.Object["reason"]!.GetValue<string>());
        Assert.Null(await watch.LineAsync());
    }

    [Fact]
    public async Task Bookmarks_come_each_minute_and_at_the_end()
    {
        var time = new ManualTime(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
        await using var api = new TestApi(time);
        await api.PostAsync(ConfigMaps, ConfigMap("a"));
        await using var watch = api.Open($"{ConfigMaps}?watch=1&allowWatchBookmarks=true&timeoutSeconds=100");
        Assert.Equal("ADDED", (await watch.EventAsync()).Type);
        // One timer ends the watch, the other is for the bookmark.
        await UntilAsync(() => time.Waiting >= 2);
        time.Advance(TimeSpan.FromSeconds(60));
        var bookmark = await watch.EventAsync();
        Assert.Equal("BOOKMARK", bookmark.Type);
        Assert.Equal((await api.GetAsync(ConfigMaps)).Version, bookmark.Version);
        await UntilAsync(() => time.Waiting >= 2);
        time.Advance(TimeSpan.FromSeconds(40));
        Assert.Equal("BOOKMARK", (await watch.EventAsync()).Type);
        Assert.Null(await watch.LineAsync());
    }

    [Fact]
    public async Task A_hundred_watchers_see_every_event()
    {
        var from = (await AddAsync("start")).Version;
        var watches = Enumerable.Range(0, 100).Select(_ => _api.Open($"{ConfigMaps}?watch=1&resourceVersion={from}")).ToArray();
        for (var i = 0; i < 20; i++)
            await AddAsync($"a{i}");
        foreach (var watch in watches)
        {
            for (var i = 0; i < 20; i++)
                Assert.Equal($"ADDED a{i}", await Shown(watch));
            await watch.DisposeAsync();
        }
    }

    [Fact]
    public async Task Tables_describe_their_columns_once()
    {
        await AddAsync("a");
        await using var watch = _api.Open($"{ConfigMaps}?watch=1", accept: "application/json;as=Table;v=v1;g=meta.k8s.io");
        var first = await watch.EventAsync();
        Assert.Equal("Table", first.Object["kind"]!.GetValue<string>());
        Assert.NotEmpty(first.Object["columnDefinitions"]!.AsArray());
        Assert.Equal("a", first.Object["rows"]![0]!["cells"]![0]!.GetValue<string>());
        await AddAsync("b");
        Assert.Null((await watch.EventAsync()).Object["columnDefinitions"]);
    }

    [Fact]
    public async Task Tables_show_ages_as_of_each_event()
    {
        var time = new ManualTime(DateTimeOffset.UnixEpoch.AddYears(50));
        await using var api = new TestApi(time);
        await using var watch = api.Open($"{ConfigMaps}?watch=1", accept: "application/json;as=Table;v=v1;g=meta.k8s.io");
        Assert.Equal(200, await watch.Status);
        time.Advance(TimeSpan.FromMinutes(3));
        (await api.PostAsync(ConfigMaps, ConfigMap("a"))).Is(201);
        Assert.Equal("0s", (await watch.EventAsync()).Object["rows"]![0]!["cells"]![2]!.GetValue<string>());
        time.Advance(TimeSpan.FromSeconds(7));
        (await api.PatchAsync($"{ConfigMaps}/a", """{"data":{"k":"2"}}""")).Is(200);
        Assert.Equal("7s", (await watch.EventAsync()).Object["rows"]![0]!["cells"]![2]!.GetValue<string>());
    }

    private static async Task<string> Shown(StreamedCall watch)
    {
        var next = await watch.EventAsync();
        return $"{next.Type} {next.Name}";
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        for (var i = 0; i < 1000 && !condition(); i++)
            await Task.Delay(5);
        Assert.True(condition());
    }

    [Fact]
    public async Task Where_silence_is_cut_a_watch_gives_signs_of_life_and_ends_by_itself()
    {
        var time = new ManualTime();
        var options = new ApiServerOptions { WatchKeepAlive = TimeSpan.FromSeconds(25), BookmarkInterval = TimeSpan.FromSeconds(25), MaxStreamLifetime = TimeSpan.FromSeconds(207) };
        await using var api = new TestApi(time, options);
        var from = (await api.GetAsync(ConfigMaps)).Version;
        await using var silent = api.Open($"{ConfigMaps}?watch=1&resourceVersion={from}");
        await using var marked = api.Open($"{ConfigMaps}?watch=1&resourceVersion={from}&allowWatchBookmarks=true&timeoutSeconds=3600");
        Assert.Equal((200, 200), (await silent.Status, await marked.Status));
        // A line at once: the headers come with the first byte.
        Assert.Equal(("", ""), (await silent.LineAsync(), await marked.LineAsync()));

        var rest = Task.WhenAll(silent.RestAsync(), marked.RestAsync());
        for (var seconds = 0; seconds < 300 && !rest.IsCompleted; seconds++)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(5);
        }

        var texts = await rest;
        Assert.InRange(time.Now - new ManualTime().Now, TimeSpan.FromSeconds(180), TimeSpan.FromSeconds(300));
        Assert.True(texts[0].Length > 3 && texts[0].All(c => c == '\n'), texts[0]);
        var bookmarks = texts[1].Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.All(bookmarks, line => Assert.StartsWith("{\"type\":\"BOOKMARK\"", line, StringComparison.Ordinal));
        Assert.True(bookmarks.Length > 3, texts[1]);
    }
}
