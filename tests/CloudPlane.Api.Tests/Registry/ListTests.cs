using static CloudPlane.Api.Tests.Manifests;

namespace CloudPlane.Api.Tests;

public sealed class ListTests : IAsyncDisposable
{
    private readonly TestApi _api = new();

    public ValueTask DisposeAsync() => _api.DisposeAsync();

    private async Task FillAsync(int count)
    {
        for (var i = 0; i < count; i++)
            (await _api.PostAsync($"{Namespaced}/configmaps", ConfigMap($"c{i:00}", labels: $$$"""{"even":"{{{i % 2 == 0}}}"}"""))).Is(201);
    }

    private static string[] Names(Answer answer) => [.. answer.Json["items"]!.AsArray().Select(i => i!["metadata"]!["name"]!.GetValue<string>())];

    [Fact]
    public async Task Pages_join_to_the_list_as_of_the_first_page()
    {
        await FillAsync(7);
        var all = new List<string>();
        var first = (await _api.GetAsync($"{Namespaced}/configmaps?limit=3")).Is(200);
        Assert.Equal(4, first.Json["metadata"]!["remainingItemCount"]!.GetValue<int>());
        all.AddRange(Names(first));
        await _api.DeleteAsync($"{Namespaced}/configmaps/c05");
        await _api.PostAsync($"{Namespaced}/configmaps", ConfigMap("c99"));
        for (var next = first.Json["metadata"]!["continue"]?.GetValue<string>(); next is not null;)
        {
            var page = (await _api.GetAsync($"{Namespaced}/configmaps?limit=3&continue={next}")).Is(200);
            Assert.Equal(first.Version, page.Version);
            all.AddRange(Names(page));
            next = page.Json["metadata"]!["continue"]?.GetValue<string>();
        }

        Assert.Equal(Enumerable.Range(0, 7).Select(i => $"c{i:00}"), all);
    }

    [Fact]
    public async Task Selectors_and_limit_together()
    {
        await FillAsync(9);
        var first = (await _api.GetAsync($"{Namespaced}/configmaps?limit=2&labelSelector=even%3DTrue")).Is(200);
        Assert.Equal(["c00", "c02"], Names(first));
        Assert.Null(first.Json["metadata"]!["remainingItemCount"]);
        var next = first.Json["metadata"]!["continue"]!.GetValue<string>();
        var rest = (await _api.GetAsync($"{Namespaced}/configmaps?labelSelector=even%3DTrue&continue={next}")).Is(200);
        Assert.Equal(["c04", "c06", "c08"], Names(rest));
        Assert.Equal(["c03"], Names(await _api.GetAsync($"{Namespaced}/configmaps?fieldSelector=metadata.name%3Dc03")));
        Assert.Empty(Names(await _api.GetAsync($"{Namespaced}/configmaps?fieldSelector=metadata.name%3Dc03&labelSelector=even%3DTrue")));
    }

    [Fact]
    public async Task A_compacted_continuation_offers_a_new_one()
    {
        await FillAsync(4);
        var next = (await _api.GetAsync($"{Namespaced}/configmaps?limit=2")).Json["metadata"]!["continue"]!.GetValue<string>();
        await _api.PatchAsync($"{Namespaced}/configmaps/c00", """{"data":{"k":"2"}}""");
        var partition = new CloudPlane.Storage.Partition("default", "configmaps");
        await _api.Store.CompactAsync(partition, await _api.Store.GetHeadAsync(partition, default), default);
        var expired = (await _api.GetAsync($"{Namespaced}/configmaps?limit=2&continue={next}")).IsFailure(410, "Expired");
        var resumed = (await _api.GetAsync($"{Namespaced}/configmaps?continue={expired.Json["metadata"]!["continue"]!.GetValue<string>()}")).Is(200);
        Assert.Equal(["c02", "c03"], Names(resumed));
    }

    [Fact]
    public async Task Revisions_mean_what_Kubernetes_says()
    {
        await FillAsync(2);
        var then = (await _api.GetAsync($"{Namespaced}/configmaps")).Version;
        await _api.DeleteAsync($"{Namespaced}/configmaps/c00");
        Assert.Equal(["c00", "c01"], Names(await _api.GetAsync($"{Namespaced}/configmaps?resourceVersion={then}&resourceVersionMatch=Exact")));
        Assert.Equal(["c01"], Names(await _api.GetAsync($"{Namespaced}/configmaps?resourceVersion={then}&resourceVersionMatch=NotOlderThan")));
        Assert.Equal(["c01"], Names(await _api.GetAsync($"{Namespaced}/configmaps?resourceVersion={then}")));
        Assert.Equal(["c01"], Names(await _api.GetAsync($"{Namespaced}/configmaps?resourceVersion=0")));
    }

    [Theory]
    [InlineData("resourceVersion=abc", 400)]
    [InlineData("resourceVersion=-1", 400)]
    [InlineData("resourceVersionMatch=Exact", 422)]
    [InlineData("resourceVersion=0&resourceVersionMatch=Exact", 422)]
    [InlineData("resourceVersion=1&resourceVersionMatch=Roughly", 422)]
    [InlineData("continue=nonsense", 400)]
    [InlineData("limit=x", 400)]
    [InlineData("labelSelector=a%3D%3D%3Db", 400)]
    [InlineData("labelSelector=!!", 400)]
    [InlineData("labelSelector=a%20in%20(", 400)]
    [InlineData("fieldSelector=spec.nowhere%3Dx", 400)]
    [InlineData("fieldSelector=x", 400)]
    public async Task Bad_options_are_refused(string query, int status) =>
        (await _api.GetAsync($"{Namespaced}/configmaps?{query}")).IsFailure(status, status == 400 ? "BadRequest" : "Invalid");

    [Fact]
    public async Task A_revision_that_has_not_happened_times_out()
    {
        await using var api = new TestApi(options: new ApiServerOptions { FreshnessTimeout = TimeSpan.FromMilliseconds(20) });
        var answer = (await api.GetAsync($"{Namespaced}/configmaps?resourceVersion=1000&resourceVersionMatch=NotOlderThan")).IsFailure(504, "Timeout");
        Assert.StartsWith("Too large resource version: 1000, current: ", answer.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tables_and_metadata_alone()
    {
        await FillAsync(2);
        var table = (await _api.GetAsync($"{Namespaced}/configmaps", accept: "application/json;as=Table;v=v1;g=meta.k8s.io,application/json")).Is(200);
        Assert.Equal("Table", table.Json["kind"]!.GetValue<string>());
        Assert.Equal("application/json;as=Table;g=meta.k8s.io;v=v1", table.ContentType);
        Assert.Equal(["Name", "Data", "Age"], table.Json["columnDefinitions"]!.AsArray().Select(c => c!["name"]!.GetValue<string>()));
        var row = table.Json["rows"]![0]!;
        Assert.Equal("c00", row["cells"]![0]!.GetValue<string>());
        Assert.Equal("PartialObjectMetadata", row["object"]!["kind"]!.GetValue<string>());
        var one = (await _api.GetAsync($"{Namespaced}/configmaps/c01?includeObject=Object", accept: "application/json;as=Table;v=v1;g=meta.k8s.io")).Is(200);
        Assert.Equal("ConfigMap", one.Json["rows"]![0]!["object"]!["kind"]!.GetValue<string>());
        var partial = (await _api.GetAsync($"{Namespaced}/configmaps", accept: "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io")).Is(200);
        Assert.Equal("PartialObjectMetadataList", partial.Json["kind"]!.GetValue<string>());
        Assert.Null(partial.Json["items"]![0]!["data"]);
        (await _api.GetAsync($"{Namespaced}/configmaps", accept: "application/vnd.kubernetes.protobuf")).IsFailure(406, "NotAcceptable");
    }
}
