using System.Net;
using System.Text.Json.Nodes;

namespace CloudPlane.Functions.Tests;

public sealed class LogStreamTests : IAsyncLifetime
{
    private CloudFixture _cloud = null!;
    private JsonObject _link = null!;

    public async Task InitializeAsync()
    {
        _cloud = await CloudFixture.StartAsync();
        await _cloud.RunningPodAsync();
        _link = await _cloud.LinkAsync();
    }

    public async Task DisposeAsync() => await _cloud.DisposeAsync();

    [Fact]
    public async Task Chunks_come_in_order_however_they_arrive_and_the_queue_goes_with_the_end()
    {
        await using var log = _cloud.OpenLog("follow=true&tailLines=5");
        var stream = await AskedAsync();
        Assert.Equal("/containerLogs/default/p/main?follow=true&tailLines=5", (string)stream["path"]!);
        await SendAsync(stream, """{"sequence":2,"end":true}""", "three\n");
        await SendAsync(stream, "no chunk", "");
        await SendAsync(stream, """{"sequence":0,"status":200,"contentType":"text/plain"}""", "one\n");
        Assert.Equal("one", await log.LineAsync());
        await SendAsync(stream, """{"sequence":0,"status":200,"contentType":"text/plain"}""", "one\n");
        await SendAsync(stream, """{"sequence":1}""", "two\n");
        Assert.Equal("two\nthree\n", await log.RestAsync());
        Assert.Equal("text/plain", log.ContentType);
        await GoneAsync();
    }

    [Fact]
    public async Task When_the_client_leaves_the_node_is_refused()
    {
        await using var log = _cloud.OpenLog("follow=true");
        var stream = await AskedAsync();
        await SendAsync(stream, """{"sequence":0,"status":200}""", "one\n");
        Assert.Equal("one", await log.LineAsync());
        await log.LeaveAsync();
        await GoneAsync();
        Assert.Contains(await _cloud.ReplyAsync(stream, """{"sequence":1}""", "two\n"), new[] { HttpStatusCode.Gone, HttpStatusCode.NotFound, HttpStatusCode.Unauthorized });
    }

    [Fact]
    public async Task What_a_node_answers_with_is_only_sent_and_only_there()
    {
        await using var log = _cloud.OpenLog();
        var stream = await AskedAsync();
        using var read = await _cloud.SendAsync(HttpMethod.Delete, $"{(string)stream["reply"]!}/messages/head?timeout=0", (string)stream["token"]!, null);
        Assert.Equal(HttpStatusCode.Unauthorized, read.StatusCode);
        using var elsewhere = await _cloud.SendAsync(HttpMethod.Post, $"{_cloud.Bus.Endpoint}work/messages", (string)stream["token"]!, new StringContent("x"));
        Assert.Equal(HttpStatusCode.Unauthorized, elsewhere.StatusCode);
    }

    [Fact]
    public async Task A_node_s_refusal_is_a_Status()
    {
        await using var log = _cloud.OpenLog();
        await SendAsync(await AskedAsync(), """{"sequence":0,"status":404,"end":true}""", "pod \"p\" not found");
        var status = JsonNode.Parse(await log.RestAsync())!;
        Assert.Equal((404, "NotFound", "pod \"p\" not found"), (log.StatusCode, (string)status["reason"]!, (string)status["message"]!));
    }

    [Fact]
    public async Task Without_a_queue_the_node_is_not_connected()
    {
        _cloud.Bus.Bus.DeleteQueue("node_default_n1");
        await using var log = _cloud.OpenLog();
        var status = JsonNode.Parse(await log.RestAsync())!;
        Assert.Equal((503, "ServiceUnavailable"), (log.StatusCode, (string)status["reason"]!));
        await GoneAsync();
    }

    private async Task<JsonObject> AskedAsync()
    {
        // The pod's own creation may have rung as well.
        while (await _cloud.ReceiveAsync(_link) is { } bell)
        {
            if (bell["stream"] is JsonObject stream)
                return stream;
        }

        throw new TimeoutException("nobody asked for a stream");
    }

    private async Task SendAsync(JsonObject stream, string head, string data) =>
        Assert.Equal(HttpStatusCode.Created, await _cloud.ReplyAsync(stream, head, data));

    private async Task GoneAsync()
    {
        using var patience = new CancellationTokenSource(BusFixture.Patience);
        while (_cloud.Bus.Bus.QueueNames.Any(name => name.StartsWith("reply_", StringComparison.Ordinal)))
            await Task.Delay(20, patience.Token);
    }
}
