namespace CloudPlane.Client.Tests;

public sealed class ListCacheTests
{
    [Fact]
    public async Task Each_refresh_tells_what_is_new_and_a_failed_one_changes_nothing()
    {
        var script = new Queue<(int, string)>(
        [
            (200, List(("a", "1"), ("b", "2"))),
            (500, "broken"),
            (200, List(("a", "3"), ("c", "4"))),
        ]);
        var transport = new FakeTransport(_ => script.Dequeue());
        var cache = new ListCache<Pod>(new ApiClient(transport), new ListOptions { FieldSelector = "spec.nodeName=n1" });
        Assert.False(cache.IsSynced);
        await cache.RefreshAsync(null, default);
        Assert.True(cache.IsSynced);
        await Assert.ThrowsAsync<ApiException>(() => cache.RefreshAsync(null, default));
        Assert.Equal(["a", "b"], cache.Objects.Values.Select(pod => pod.Metadata.Name));
        var seenBeforehand = -1;
        await cache.RefreshAsync(
            now =>
            {
                seenBeforehand = now.Count(pod => !cache.Objects.ContainsKey(pod.Key));
                return Task.CompletedTask;
            }, default);
        Assert.Equal(1, seenBeforehand);

        var seen = new List<string>();
        await foreach (var change in cache.RunAsync(default))
        {
            seen.Add($"{change.Kind} {(change.After ?? change.Before)?.Metadata.Name}");
            if (seen.Count == 7) break;
        }
        Assert.Equal(["Added a", "Added b", "Synced ", "Deleted b", "Updated a", "Added c", "Synced "], seen);
        Assert.All(transport.Calls, call => Assert.Contains("fieldSelector=spec.nodeName%3Dn1", call.PathAndQuery, StringComparison.Ordinal));
    }

    private static string List(params (string Name, string Version)[] pods) =>
        $$$"""{"kind":"PodList","metadata":{"resourceVersion":"9"},"items":[{{{string.Join(",", pods.Select(p => $$$"""{"metadata":{"name":"{{{p.Name}}}","namespace":"default","resourceVersion":"{{{p.Version}}}"}}"""))}}}]}""";
}
