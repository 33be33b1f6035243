using System.Text;
using CloudPlane.Client;
using CloudPlane.Storage;

namespace CloudPlane.Functions.Tests;

public sealed class NodeConcernsTests : IAsyncDisposable
{
    private readonly MemoryStore _store = new();
    private readonly Replicas _replicas;
    private readonly NodeConcerns _concerns;

    public NodeConcernsTests()
    {
        _replicas = new Replicas(new StoreChangeFeed(_store, "default"));
        _concerns = new NodeConcerns(_replicas);
    }

    public async ValueTask DisposeAsync()
    {
        _replicas.Dispose();
        await _store.DisposeAsync();
    }

    [Theory]
    [InlineData("configmaps", "m", "n-direct,n-projected")]
    [InlineData("configmaps", "other", "")]
    [InlineData("secrets", "m", "n-secret")]
    [InlineData("secrets", "s", "n-projected")]
    public async Task A_change_of_what_volumes_show_concerns_the_nodes_of_those_pods(string resource, string name, string nodes)
    {
        await AddPodAsync("direct", """[{"name":"v","configMap":{"name":"m"}}]""");
        await AddPodAsync("projected", """[{"name":"v","projected":{"sources":[{"secret":{"name":"s"}},{"configMap":{"name":"m"}}]}}]""");
        await AddPodAsync("secret", """[{"name":"v","secret":{"secretName":"m"}}]""");
        await AddPodAsync("none", "[]");
        await AddPodAsync("elsewhere", """[{"name":"v","configMap":{"name":"m"}}]""", ns: "other");
        await AddPodAsync("unbound", """[{"name":"v","configMap":{"name":"m"}}]""", node: "");
        var change = new FeedChange(1, false, Encoding.UTF8.GetBytes($$$"""{"metadata":{"namespace":"default","name":"{{{name}}}"}}"""), default);
        Assert.Equal(nodes, string.Join(',', (await _concerns.OfAsync(resource, [change], default)).Order()));
    }

    private async Task AddPodAsync(string name, string volumes, string ns = "default", string? node = null)
    {
        var document = $$$"""{"metadata":{"resourceVersion":"","namespace":"{{{ns}}}","name":"{{{name}}}"},"spec":{"nodeName":"{{{node ?? $"n-{name}"}}}","volumes":{{{volumes}}},"containers":[]}}""";
        var template = new DocumentTemplate(Encoding.UTF8.GetBytes(document), "{\"metadata\":{\"resourceVersion\":\"".Length);
        var result = await _store.WriteAsync(new("default", "pods"), new Write(new(ns, name), 0, template, Delete: false, Guid.NewGuid()), default);
        Assert.Equal(WriteOutcome.Committed, result.Outcome);
    }
}
