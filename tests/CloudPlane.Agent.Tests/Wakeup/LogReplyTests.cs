using System.Text;
using System.Text.Json.Nodes;
using CloudPlane.Doubles;

namespace CloudPlane.Agent.Tests;

public sealed class LogReplyTests : IAsyncLifetime
{
    private WakeupFixture _node = null!;

    public async Task InitializeAsync()
    {
        _node = await WakeupFixture.StartAsync();
        await _node.ConnectAsync();
    }

    public async Task DisposeAsync() => await _node.DisposeAsync();

    [Fact]
    public async Task A_long_log_comes_whole_in_chunks_that_fit()
    {
        var lines = Enumerable.Range(0, 20_000).Select(i => $"line {i} of many").ToArray();
        await File.WriteAllLinesAsync(_node.Logs.PathOf("p"), lines.Select(line => $"2026-01-01T00:00:00Z stdout F {line}"));
        var chunks = await AllAsync(_node.Ask("/containerLogs/default/p/main"));
        Assert.Equal((200, "text/plain"), ((int)chunks[0].Head["status"]!, (string)chunks[0].Head["contentType"]!));
        Assert.Equal(Enumerable.Range(0, chunks.Count), chunks.Select(chunk => (int)chunk.Head["sequence"]!));
        Assert.Equal(string.Join('\n', lines) + "\n", string.Concat(chunks.Select(chunk => chunk.Data)));
        Assert.True(chunks.Count >= 3);
        Assert.All(chunks, chunk => Assert.True(chunk.Data.Length <= ReplyStream.LargestChunk));
    }

    [Fact]
    public async Task A_followed_log_is_sent_as_it_grows_to_its_end()
    {
        _node.Logs.StillRunning = true;
        var path = _node.Logs.PathOf("p");
        await File.WriteAllTextAsync(path, "2026-01-01T00:00:00Z stdout F one\n");
        var queue = _node.Bus.Queue(_node.Ask("/containerLogs/default/p/main?follow=true"));
        var seen = "";
        while (seen != "one\n")
            seen += (await NextAsync(queue)).Data;
        await File.AppendAllTextAsync(path, "2026-01-01T00:00:01Z stdout F two\n");
        while (seen != "one\ntwo\n")
            seen += (await NextAsync(queue)).Data;
        _node.Logs.StillRunning = false;
        while ((await NextAsync(queue)).Head["end"] is null)
        {
        }
    }

    [Fact]
    public async Task When_the_reader_is_gone_the_reading_ends()
    {
        _node.Logs.StillRunning = true;
        var path = _node.Logs.PathOf("p");
        await File.WriteAllTextAsync(path, "2026-01-01T00:00:00Z stdout F one\n");
        var name = _node.Ask("/containerLogs/default/p/main?follow=true");
        await NextAsync(_node.Bus.Queue(name));
        await WakeupFixture.UntilAsync(() => _node.Logs.Asked > 0, "the log is read");
        _node.Bus.DeleteQueue(name);
        await File.AppendAllTextAsync(path, "2026-01-01T00:00:01Z stdout F two\n");
        // The reader asks at least five times a second while it follows.
        var asked = -1;
        for (var waited = 0; asked != _node.Logs.Asked; waited++)
        {
            Assert.True(waited < 60, "the log is still read");
            asked = _node.Logs.Asked;
            await Task.Delay(1000);
        }
    }

    [Theory]
    [InlineData("/containerLogs/default/none/main", 404, "pod \"none\" not found")]
    [InlineData("/containerLogs/default/p/main?tailLines=x", 400, "invalid value \"x\" of tailLines")]
    [InlineData("/exec/default/p/main", 404, "the node does not serve /exec/default/p/main")]
    public async Task What_is_wrong_is_told(string path, int status, string message)
    {
        await File.WriteAllTextAsync(_node.Logs.PathOf("p"), "");
        var chunk = Assert.Single(await AllAsync(_node.Ask(path)));
        Assert.Equal((status, message), ((int)chunk.Head["status"]!, chunk.Data));
    }

    private async Task<List<Chunk>> AllAsync(string name)
    {
        var chunks = new List<Chunk>();
        while (chunks.Count == 0 || chunks[^1].Head["end"] is null)
            chunks.Add(await NextAsync(_node.Bus.Queue(name)));
        return chunks;
    }

    private static async Task<Chunk> NextAsync(BusQueue queue)
    {
        var message = await queue.ReceiveAndDeleteAsync(WakeupFixture.Patience, default) ?? throw new TimeoutException("no chunk came");
        var text = Encoding.UTF8.GetString(message.Body.Span);
        var end = text.IndexOf('\n', StringComparison.Ordinal);
        return new Chunk(JsonNode.Parse(text[..end])!.AsObject(), text[(end + 1)..]);
    }

    private sealed record Chunk(JsonObject Head, string Data);
}
