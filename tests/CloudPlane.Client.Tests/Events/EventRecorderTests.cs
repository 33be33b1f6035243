using System.Text;
using System.Text.Json.Nodes;

namespace CloudPlane.Client.Tests;

public sealed class EventRecorderTests
{
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly ObjectReference About = new() { Kind = "Pod", Namespace = "ns", Name = "web", Uid = "u" };

    private readonly ManualTime _time = new();

    [Fact]
    public async Task The_same_said_again_is_counted()
    {
        var transport = new FakeTransport(c => (200, c.Method == "POST" ? Encoding.UTF8.GetString(c.Body.Span) : "{}"));
        var recorder = new EventRecorder(new ApiClient(transport), "kubelet", "n1", _time);
        Assert.True(await recorder.WarningAsync(About, "BackOff", "again", None));
        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.True(await recorder.WarningAsync(About, "BackOff", "again", None));
        Assert.True(await recorder.WarningAsync(About, "BackOff", "other", None));

        Assert.Equal(["POST", "PATCH", "POST"], transport.Calls.Select(c => c.Method));
        var first = JsonNode.Parse(transport.Body(0))!;
        Assert.Equal("ns", (string?)first["metadata"]!["namespace"]);
        Assert.Matches("^web\\.[0-9a-f]{16}$", (string?)first["metadata"]!["name"]);
        Assert.Equal("kubelet/n1", $"{first["source"]!["component"]}/{first["source"]!["host"]}");
        Assert.Equal(1, (int)first["count"]!);
        Assert.Equal("2026-01-02T03:04:05Z", (string?)first["firstTimestamp"]);
        Assert.Equal($"/api/v1/namespaces/ns/events/{first["metadata"]!["name"]}", transport.Calls[1].PathAndQuery);
        Assert.Equal("""{"count":2,"lastTimestamp":"2026-01-02T03:04:15Z"}""", transport.Body(1));
    }

    [Fact]
    public async Task An_event_that_expired_is_made_anew()
    {
        var transport = new FakeTransport(c => c.Method == "POST" ? (201, Encoding.UTF8.GetString(c.Body.Span)) : (404, "{}"));
        var recorder = new EventRecorder(new ApiClient(transport), "kubelet", null, _time);
        await recorder.NormalAsync(About, "Pulled", "m", None);
        await recorder.NormalAsync(About, "Pulled", "m", None);
        Assert.Equal(["POST", "PATCH", "POST"], transport.Calls.Select(c => c.Method));
    }

    [Fact]
    public async Task A_refusal_is_swallowed_and_long_texts_are_cut()
    {
        var transport = new FakeTransport(_ => (403, "{}"));
        var recorder = new EventRecorder(new ApiClient(transport), "kubelet", null, _time);
        Assert.False(await recorder.NormalAsync(About with { Name = new string('a', 253), Namespace = null }, "R", new string('x', 5000), None));
        var made = JsonNode.Parse(transport.Body(0))!;
        Assert.Equal(1024, ((string)made["message"]!).Length);
        Assert.Equal(253, ((string)made["metadata"]!["name"]!).Length);
        Assert.Equal("default", (string?)made["metadata"]!["namespace"]);
    }
}
