namespace CloudPlane.Client.Tests;

public sealed class WatchCacheTests
{
    private readonly ManualTime _time = new();
    private readonly List<string> _failures = [];

    [Fact]
    public async Task It_lists_watches_resumes_and_relists()
    {
        var script = new Queue<(int, string)>(
        [
            (200, List("5", ("a", "1"), ("b", "2"))),
            (200, Line("MODIFIED", "a", "6") + Line("BOOKMARK", "", "8")),
            (500, "broken"),
            (200, Line("DELETED", "b", "9")),
            (200, """{"type":"ERROR","object":{"code":410,"reason":"Expired","message":"too old"}}""" + "\n"),
            (200, List("20", ("a", "6"), ("c", "15"))),
        ]);
        var transport = new FakeTransport(_ => script.Dequeue());
        var seen = await RunAsync(transport, 8);

        Assert.Equal(["Added a", "Added b", "Synced ", "Updated a", "Deleted b", "Added c", "Synced "], seen.Take(7));
        Assert.Equal(
            ["", "5", "8", "8", "9", ""],
            transport.Calls.Take(6).Select(c => System.Web.HttpUtility.ParseQueryString(new Uri("http://x" + c.PathAndQuery).Query)["resourceVersion"] ?? ""));
        Assert.Contains("allowWatchBookmarks=true", transport.Calls[1].PathAndQuery, StringComparison.Ordinal);
        Assert.Contains("fieldSelector=spec.nodeName%3Dn1", transport.Calls[0].PathAndQuery, StringComparison.Ordinal);
        Assert.StartsWith("the API server answered 500", _failures[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Failures_back_off_with_jitter_up_to_the_limit()
    {
        var calls = 0;
        var transport = new FakeTransport(_ => calls++ < 12 ? throw new ApiUnreachableException("away") : (200, List("1")));
        Assert.Equal(["Synced "], await RunAsync(transport, 1));

        Assert.Equal(12, _time.Delays.Count);
        for (var i = 0; i < 12; i++)
        {
            var full = Math.Min(30, 0.2 * Math.Pow(2, i));
            Assert.InRange(_time.Delays[i].TotalSeconds, full / 2 - 0.001, full + 0.001);
        }
    }

    private async Task<List<string>> RunAsync(FakeTransport transport, int changes)
    {
        using var stop = new CancellationTokenSource();
        var options = new WatchCacheOptions { FieldSelector = "spec.nodeName=n1", OnFailure = e => _failures.Add(e.Message) };
        var cache = new WatchCache<Pod>(new ApiClient(transport), options, _time, new Random(1));
        var seen = new List<string>();
        try
        {
            await foreach (var change in cache.RunAsync(stop.Token))
            {
                seen.Add($"{change.Kind} {(change.After ?? change.Before)?.Metadata.Name}");
                if (seen.Count == changes) break;
            }
        }
        catch (InvalidOperationException)
        {
            // The script is at its end.
        }
        return seen;
    }

    private static string List(string version, params (string Name, string Version)[] pods) =>
        $$$"""{"kind":"PodList","metadata":{"resourceVersion":"{{{version}}}"},"items":[{{{string.Join(",", pods.Select(p => Object(p.Name, p.Version)))}}}]}""";

    private static string Line(string type, string name, string version) => $$$"""{"type":"{{{type}}}","object":{{{Object(name, version)}}}}""" + "\n";

    private static string Object(string name, string version) => $$$"""{"metadata":{"name":"{{{name}}}","namespace":"default","resourceVersion":"{{{version}}}"}}""";
}
