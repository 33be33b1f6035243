using System.Net;
using CloudPlane.Client;

namespace CloudPlane.Agent.Tests;

public sealed class QueueConnectionTests : IAsyncLifetime
{
    private WakeupFixture _node = null!;

    public async Task InitializeAsync() => _node = await WakeupFixture.StartAsync();

    public async Task DisposeAsync() => await _node.DisposeAsync();

    [Fact]
    public async Task A_burst_of_bells_is_one_look_and_nothing_rung_means_no_call()
    {
        await _node.ConnectAsync();
        Assert.Equal((1, 1, 1), (_node.Lists("pods"), _node.Lists("nodes"), _node.Lists("services")));
        Assert.Equal(TimeSpan.FromMinutes(5), _node.Connection.Heartbeat);
        _node.AddPod("a");
        _node.Ring([.. Enumerable.Repeat("""{"changed":"pods"}""", 20)]);
        await WakeupFixture.UntilAsync(() => _node.Knows("a"), "the pod is seen");
        await WakeupFixture.UntilAsync(() => _node.Bus.Queue("node_default_n1").Counts.Active == 0, "all bells are taken");
        Assert.Equal((2, 1), (_node.Lists("pods"), _node.Lists("nodes")));
        Assert.Contains("fieldSelector=spec.nodeName%3Dn1", _node.Transport.Calls.Last(call => call.StartsWith("GET /api/v1/pods", StringComparison.Ordinal)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_new_pod_begins_with_the_services_that_there_are()
    {
        await _node.ConnectAsync();
        _node.Api.Put("/api/v1/namespaces/default/services", """{"metadata":{"name":"web","namespace":"default"}}""");
        _node.AddPod("a");
        _node.Ring("""{"changed":"pods"}""");
        await WakeupFixture.UntilAsync(() => _node.Changes.Contains("Added a web"), "the pod is told of, with its service");
        _node.Api.Change("/api/v1/namespaces/default/pods/a", pod => pod["spec"]!["x"] = 1);
        _node.Ring("""{"changed":"pods"}""");
        await WakeupFixture.UntilAsync(() => _node.Changes.Contains("Updated a web"), "its change is told of");
        Assert.Equal(2, _node.Lists("services"));
    }

    [Fact]
    public async Task A_bell_for_what_volumes_show_refreshes_them_and_calls_nobody_else()
    {
        await _node.ConnectAsync();
        var refreshed = 0;
        _node.Connection.RefreshVolumes = () => Interlocked.Increment(ref refreshed);
        _node.Ring("""{"changed":"configmaps"}""");
        await WakeupFixture.UntilAsync(() => refreshed == 1, "config maps are read again");
        _node.Ring("""{"changed":"secrets"}""");
        await WakeupFixture.UntilAsync(() => refreshed == 2, "secrets are read again");
        Assert.Equal((1, 1, 1), (_node.Lists("pods"), _node.Lists("nodes"), _node.Lists("services")));
        Assert.Equal(Timeout.InfiniteTimeSpan, _node.Connection.VolumeRefreshPeriod);
    }

    [Fact]
    public async Task Unknown_bells_make_it_look_at_everything_and_nonsense_at_nothing()
    {
        await _node.ConnectAsync();
        _node.Ring("nonsense", "[]", """{"changed":7}""", """{"stream":{}}""", """{"changed":"nodes"}""");
        await WakeupFixture.UntilAsync(() => _node.Lists("nodes") == 2, "the nodes are looked at");
        Assert.Equal(1, _node.Lists("pods"));
        _node.Ring("""{"changed":"endpointslices"}""");
        await WakeupFixture.UntilAsync(() => _node.Lists("services") == 2 && _node.Lists("pods") == 2, "everything is looked at");
    }

    [Fact]
    public async Task A_queue_that_is_gone_is_asked_for_again_and_everything_is_looked_at()
    {
        await _node.ConnectAsync();
        _node.AddPod("unheard");
        Assert.True(_node.Bus.DeleteQueue("node_default_n1"));
        await WakeupFixture.UntilAsync(() => _node.Knows("unheard"), "what was not rung for is seen");
        _node.AddPod("heard");
        _node.Ring("""{"changed":"pods"}""");
        await WakeupFixture.UntilAsync(() => _node.Knows("heard"), "the new queue is listened to");
    }

    [Fact]
    public async Task A_token_is_renewed_before_it_ends_and_its_queue_not_looked_for()
    {
        _node.Transport.LinkLifetime = TimeSpan.FromSeconds(3);
        await _node.ConnectAsync();
        await WakeupFixture.UntilAsync(() => _node.Transport.Calls.Count(call => call == "POST /cloudplane/v1/nodes/n1/wakeup?renewal=true") >= 2, "it is renewed");
        Assert.Equal(1, _node.Transport.Calls.Count(call => call == "POST /cloudplane/v1/nodes/n1/wakeup"));
        _node.AddPod("a");
        _node.Ring("""{"changed":"pods"}""");
        await WakeupFixture.UntilAsync(() => _node.Knows("a"), "it goes on to hear");
    }

    [Theory]
    [InlineData(0, 3600, 45 * 60)]
    [InlineData(1, 3600, 45 * 60)]
    [InlineData(3, 3600, 50 * 60)]
    // No heartbeat comes in time.
    [InlineData(1, 200, 60 + 160)]
    public void It_is_renewed_with_a_heartbeat(int minute, int lifetime, int renewal)
    {
        var hour = new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
        var now = hour.AddMinutes(minute);
        var link = $$"""{"queue":"https://bus.example/q","token":"t","expiresInSeconds":{{lifetime}},"heartbeatSeconds":300}""";
        Assert.Equal(hour.AddSeconds(renewal), QueueLink.Parse(System.Text.Encoding.UTF8.GetBytes(link), now)!.RenewAt);
    }

    [Fact]
    public async Task While_the_bus_is_away_it_looks_by_the_clock()
    {
        await _node.ConnectAsync(new LookPeriods(TimeSpan.FromHours(2), TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(5)));
        _node.Bus.Faults.Away = true;
        _node.AddPod("a");
        await WakeupFixture.UntilAsync(() => _node.Knows("a"), "the pod is seen without a bell");
        var lists = _node.Lists("pods");
        await WakeupFixture.UntilAsync(() => _node.Lists("pods") > lists + 2, "it goes on to look");
        _node.Bus.Faults.Away = false;
        _node.Ring("""{"changed":"pods"}""");
        await WakeupFixture.UntilAsync(() => _node.Bus.Queue("node_default_n1").Counts.Active == 0, "it hears again");
    }

    [Fact]
    public async Task A_look_that_fails_is_done_again()
    {
        await _node.ConnectAsync();
        _node.Api.Cut();
        _node.AddPod("a");
        _node.Ring("""{"changed":"pods"}""");
        await WakeupFixture.UntilAsync(() => _node.Lists("pods") >= 2, "it tries");
        _node.Api.Restore();
        await WakeupFixture.UntilAsync(() => _node.Knows("a"), "the pod is seen");
    }

    [Fact]
    public async Task A_control_plane_without_links_is_watched()
    {
        _node.Transport.Watches = true;
        Assert.Null(await Links().FirstAsync(default));
    }

    [Fact]
    public async Task A_cluster_that_is_gone_is_not_taken_for_one_that_is_watched()
    {
        _node.Transport.LinkStatus = HttpStatusCode.NotFound;
        var asked = Links().FirstAsync(default);
        await WakeupFixture.UntilAsync(() => _node.Transport.Calls.Count > 1, "it asks again");
        Assert.False(asked.IsCompleted);
        _node.Transport.LinkStatus = HttpStatusCode.OK;
        Assert.NotNull(await asked);
    }

    private LinkSource Links() =>
        new(new ApiClient(_node.Transport), "n1", () => { }, TimeProvider.System, new Random(1), new AgentLog(TextWriter.Null, TimeProvider.System, verbose: false));

    [Theory]
    [InlineData("""{"queue":"http://bus.example/q","token":"t","expiresInSeconds":3600,"heartbeatSeconds":300}""")]
    [InlineData("""{"queue":"https://bus.example/q","token":"","expiresInSeconds":3600,"heartbeatSeconds":300}""")]
    [InlineData("""{"queue":"https://bus.example/q","token":"t","expiresInSeconds":"soon","heartbeatSeconds":300}""")]
    [InlineData("""{"queue":"https://bus.example/q","token":"t","expiresInSeconds":3600,"heartbeatSeconds":0}""")]
    [InlineData("""{"queue":"https://bus.example/q","token":"t","expiresInSeconds":0,"heartbeatSeconds":300}""")]
    [InlineData("""["x"]""")]
    [InlineData("x")]
    public void What_is_no_link_is_none(string text) => Assert.Null(QueueLink.Parse(System.Text.Encoding.UTF8.GetBytes(text), DateTimeOffset.UnixEpoch));
}
