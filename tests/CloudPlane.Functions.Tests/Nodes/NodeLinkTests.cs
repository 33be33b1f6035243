using System.Net;
using System.Text.Json.Nodes;

namespace CloudPlane.Functions.Tests;

public sealed class NodeLinkTests : IAsyncLifetime
{
    private CloudFixture _cloud = null!;

    public async Task InitializeAsync() => _cloud = await CloudFixture.StartAsync();

    public async Task DisposeAsync() => await _cloud.DisposeAsync();

    [Fact]
    public async Task A_node_gets_a_queue_on_which_it_can_only_listen()
    {
        var link = await _cloud.LinkAsync();
        Assert.Equal(300, (int)link["heartbeatSeconds"]!);
        Assert.InRange((DateTimeOffset)link["expirationTimestamp"]!, DateTimeOffset.UtcNow.AddMinutes(55), DateTimeOffset.UtcNow.AddHours(1));
        Assert.InRange((int)link["expiresInSeconds"]!, 3500, 3600);
        Assert.Null(await _cloud.ReceiveAsync(link, seconds: 0));
        await _cloud.Bus.Client.SendAsync("node_default_n1", [BusFixture.Message("""{"changed":"pods"}""")], default);
        Assert.Equal("pods", (string)(await _cloud.ReceiveAsync(link))!["changed"]!);

        var (queue, token) = ((string)link["queue"]!, (string)link["token"]!);
        using var sent = await _cloud.SendAsync(HttpMethod.Post, $"{queue}/messages", token, new StringContent("x"));
        Assert.Equal(HttpStatusCode.Unauthorized, sent.StatusCode);
        var other = await _cloud.LinkAsync("n2");
        using var heard = await _cloud.SendAsync(HttpMethod.Delete, $"{(string)other["queue"]!}/messages/head?timeout=0", token, null);
        Assert.Equal(HttpStatusCode.Unauthorized, heard.StatusCode);
    }

    [Fact]
    public async Task It_asks_again_for_a_queue_that_is_gone_and_the_same_token_key_opens_both()
    {
        var link = await _cloud.LinkAsync();
        Assert.True(_cloud.Bus.Bus.DeleteQueue("node_default_n1"));
        using var gone = await _cloud.SendAsync(HttpMethod.Delete, $"{(string)link["queue"]!}/messages/head?timeout=0", (string)link["token"]!, null);
        Assert.False(gone.IsSuccessStatusCode);
        await _cloud.LinkAsync();
        Assert.Null(await _cloud.ReceiveAsync(link, seconds: 0));
    }

    [Fact]
    public async Task Another_token_costs_the_bus_nothing()
    {
        var link = await _cloud.LinkAsync();
        var operations = _cloud.Bus.Bus.Meter.Total;
        var renewed = await _cloud.LinkAsync(query: "?renewal=true");
        Assert.Equal(operations, _cloud.Bus.Bus.Meter.Total);
        Assert.Equal((string)link["queue"]!, (string)renewed["queue"]!);
        Assert.Null(await _cloud.ReceiveAsync(renewed, seconds: 0));
    }

    [Fact]
    public async Task A_cluster_has_nodes_while_some_show_themselves()
    {
        await _cloud.LinkAsync();
        var record = (await _cloud.Clusters.ListAsync(default)).Single();
        var now = DateTimeOffset.UtcNow;
        Assert.True(record.HasNodes(now.AddDays(6)));
        Assert.False(record.HasNodes(now.AddDays(8)));
        // Once a day is enough.
        await _cloud.LinkAsync(query: "?renewal=true");
        Assert.Equal(record, (await _cloud.Clusters.ListAsync(default)).Single());
        Assert.False(record.IsNews(now.AddHours(23)));
        Assert.True(record.IsNews(now.AddHours(25)));
        Assert.False((record with { NodesSeen = null }).HasNodes(now));
    }

    [Fact]
    public async Task A_cluster_that_was_made_anew_hears_nothing_through_old_tokens()
    {
        await _cloud.AddClusterAsync("team");
        var old = await _cloud.LinkAsync("n1", "team");
        await _cloud.Clusters.RemoveAsync("team", default);
        await _cloud.AddClusterAsync("team");
        var fresh = await _cloud.LinkAsync("n1", "team");
        Assert.Null(await _cloud.ReceiveAsync(fresh, seconds: 0));
        using var refused = await _cloud.SendAsync(HttpMethod.Delete, $"{(string)fresh["queue"]!}/messages/head?timeout=0", (string)old["token"]!, null);
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
    }

    [Fact]
    public async Task Only_the_node_itself_is_linked()
    {
        Assert.Equal(403, (await _cloud.CallAsync("POST", "/cloudplane/v1/nodes/n1/wakeup", "", CloudFixture.NodeUser("n2"))).StatusCode);
        Assert.Equal(403, (await _cloud.CallAsync("POST", "/cloudplane/v1/nodes/n1/wakeup")).StatusCode);
        Assert.Equal(405, (await _cloud.CallAsync("GET", "/cloudplane/v1/nodes/n1/wakeup", "", CloudFixture.NodeUser("n1"))).StatusCode);
        Assert.Empty(await _cloud.Clusters.ListAsync(default));
    }

    [Fact]
    public async Task While_the_bus_is_away_the_answer_is_503()
    {
        _cloud.Bus.Bus.Faults.Away = true;
        var answer = await _cloud.CallAsync("POST", "/cloudplane/v1/nodes/n1/wakeup", "", CloudFixture.NodeUser("n1"));
        Assert.Equal(503, answer.StatusCode);
        Assert.Equal("ServiceUnavailable", (string)JsonNode.Parse(answer.Body.Span)!["reason"]!);
    }
}
