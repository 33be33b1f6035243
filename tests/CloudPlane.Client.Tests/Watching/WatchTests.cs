using System.Text;

namespace CloudPlane.Client.Tests;

public sealed class WatchTests
{
    private static readonly CancellationToken None = CancellationToken.None;

    [Fact]
    public async Task Events_are_split_by_lines_wherever_the_network_cuts_them()
    {
        const string body = """{"type":"ADDED","object":{"metadata":{"name":"a","resourceVersion":"1"}}}""" + "\n\n"
            + """{"object":{"metadata":{"resourceVersion":"9"}},"type":"BOOKMARK"}""" + "\n"
            + """{"type":"DELETED","object":{"metadata":{"name":"a","resourceVersion":"10"}}}""" + "\n" + """{"type":"ADDED","obj""";
        for (var cut = 1; cut < 20; cut++)
        {
            var client = new ApiClient(new SlowTransport(body, cut));
            var events = new List<string>();
            await foreach (var e in client.WatchAsync<Pod>("default", new ListOptions(), None)) events.Add($"{e.Kind} {e.Object.Metadata.ResourceVersion}");
            Assert.Equal(["Added 1", "Bookmark 9", "Deleted 10"], events);
        }
    }

    [Fact]
    public async Task An_error_event_is_an_exception()
    {
        var client = new ApiClient(new FakeTransport(_ => (200, """{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired","message":"too old resource version: 1 (5)"}}""" + "\n")));
        var error = await Assert.ThrowsAsync<ApiException>(async () =>
        {
            await foreach (var _ in client.WatchAsync<Pod>("", new ListOptions(), None)) { }
        });
        Assert.True(error.IsExpired);
        Assert.Equal("too old resource version: 1 (5)", error.Message);
    }

    [Theory]
    [InlineData("nonsense\n")]
    [InlineData("{}\n")]
    [InlineData("""{"type":"ADDED","object":null}""" + "\n")]
    [InlineData("""{"type":"SOMETHING","object":{}}""" + "\n")]
    [InlineData("""{"type":"ADDED","object":{"metadata":3}}""" + "\n")]
    public async Task A_broken_event_is_an_error_of_the_API(string body)
    {
        var client = new ApiClient(new FakeTransport(_ => (200, body)));
        await Assert.ThrowsAsync<ApiException>(async () =>
        {
            await foreach (var _ in client.WatchAsync<Pod>("", new ListOptions(), None)) { }
        });
    }

    [Fact]
    public async Task A_refused_watch_says_why()
    {
        var client = new ApiClient(new FakeTransport(_ => (403, """{"kind":"Status","code":403,"reason":"Forbidden","message":"no"}""")));
        var error = await Assert.ThrowsAsync<ApiException>(async () =>
        {
            await foreach (var _ in client.WatchAsync<Pod>("", new ListOptions(), None)) { }
        });
        Assert.Equal((403, "Forbidden", "no"), (error.Code, error.Reason, error.Message));
    }

    private sealed class SlowTransport(string body, int cut) : IApiTransport
    {
        public ValueTask<ApiAnswer> SendAsync(ApiCall call, CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask<ApiStreamAnswer> OpenAsync(ApiCall call, CancellationToken cancellationToken) =>
            ValueTask.FromResult(new ApiStreamAnswer(200, new CutStream(Encoding.UTF8.GetBytes(body), cut)));
    }

    private sealed class CutStream(byte[] bytes, int cut) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(cut, buffer.Length)], cancellationToken);
    }
}
