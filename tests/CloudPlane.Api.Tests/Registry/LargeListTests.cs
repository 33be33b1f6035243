using System.IO.Compression;
using System.Text.Json.Nodes;
using CloudPlane.Storage;
using static CloudPlane.Api.Tests.Manifests;

namespace CloudPlane.Api.Tests;

/// <summary>Lists of several of the store's pages: they are passed on while they are read.</summary>
public sealed class LargeListTests : IAsyncDisposable
{
    private const string ConfigMaps = Namespaced + "/configmaps";
    private const string Table = "application/json;as=Table;v=v1;g=meta.k8s.io";
    private const int Count = 40;
    private const int ValueBytes = 100_000;
    private readonly PagedStore _store = new();
    private readonly TestApi _api;

    public LargeListTests() => _api = new TestApi(store: _store);

    public ValueTask DisposeAsync() => _api.DisposeAsync();

    private async Task FillAsync()
    {
        for (var i = 0; i < Count; i++)
            (await _api.PostAsync(ConfigMaps, ConfigMap(Name(i), new string('v', ValueBytes), $$$"""{"even":"{{{i % 2 == 0}}}"}"""))).Is(201);
        _store.Pages = 0;
    }

    private static string Name(int i) => $"c{i:00}";

    private static IEnumerable<string> Names(JsonNode list) => list["items"]!.AsArray().Select(i => i!["metadata"]!["name"]!.GetValue<string>());

    [Fact]
    public async Task Every_form_has_every_object_and_the_list_s_revision()
    {
        await FillAsync();
        var expected = Enumerable.Range(0, Count).Select(Name).ToArray();
        var version = (await _api.GetAsync($"{ConfigMaps}?limit=1")).Version;
        foreach (var query in new[] { "", "?pretty=true", "?labelSelector=even" })
        {
            var whole = (await _api.GetAsync(ConfigMaps + query)).Is(200);
            Assert.Equal(expected, Names(whole.Json));
            Assert.Equal(version, whole.Version);
            var table = (await _api.GetAsync(ConfigMaps + query, accept: Table)).Is(200);
            Assert.Equal(expected, table.Json["rows"]!.AsArray().Select(r => r!["cells"]![0]!.GetValue<string>()));
            Assert.Equal((3, version), (table.Json["columnDefinitions"]!.AsArray().Count, table.Version));
        }

        var partial = (await _api.GetAsync(ConfigMaps, accept: "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io")).Is(200);
        Assert.Equal(expected, Names(partial.Json));
        Assert.True(_store.Pages > 20, $"{_store.Pages} pages");
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("", Table)]
    [InlineData("&labelSelector=even%3DTrue", "")]
    public async Task A_limit_of_several_pages_tells_how_to_go_on(string selector, string accept)
    {
        await FillAsync();
        var (limit, total) = (15, selector.Length == 0 ? Count : Count / 2);
        var first = (await _api.GetAsync($"{ConfigMaps}?limit={limit}{selector}", accept: accept)).Is(200);
        var items = accept.Length == 0 ? "items" : "rows";
        Assert.Equal(limit, first.Json[items]!.AsArray().Count);
        Assert.Equal(selector.Length == 0 ? total - limit : null, first.Json["metadata"]!["remainingItemCount"]?.GetValue<int>());
        var token = first.Json["metadata"]!["continue"]!.GetValue<string>();
        var rest = (await _api.GetAsync($"{ConfigMaps}?continue={token}{selector}", accept: accept)).Is(200);
        Assert.Equal(total - limit, rest.Json[items]!.AsArray().Count);
        Assert.Equal(first.Version, rest.Version);
        Assert.Null(rest.Json["metadata"]!["continue"]);
    }

    [Fact]
    public async Task Compressed_for_who_takes_it()
    {
        await FillAsync();
        var request = TestApi.Request("GET", ConfigMaps, null, TestApi.Admin, "", "", null) with { AcceptsGzip = true };
        var response = new BufferedResponse();
        await _api.Server.ServeAsync(request, response, default);
        Assert.Contains(new("Content-Encoding", "gzip"), response.Headers);
        Assert.True(response.Written.Length < ValueBytes);
        using var body = new GZipStream(new MemoryStream(response.Written.ToArray()), CompressionMode.Decompress);
        Assert.Equal(Count, Names((await JsonNode.ParseAsync(body))!).Count());
    }

    [Theory]
    [InlineData("")]
    [InlineData("?watch=1")]
    public async Task What_a_slow_client_has_not_read_is_not_read_from_the_store(string query)
    {
        await FillAsync();
        await using var call = _api.Open(ConfigMaps + query);
        Assert.Equal(200, await call.Status);
        var characters = 0L;
        var (buffer, largest) = (new char[64 * 1024], 0L);
        while (characters < (long)Count * ValueBytes)
        {
            characters += await call.ReadAsync(buffer);
            largest = Math.Max(largest, _store.Bytes - characters);
        }

        // A page on its way, the one after it, and what the pipe to the client and its reader hold: never the whole answer.
        Assert.InRange(largest, 0, (long)Count * ValueBytes * 3 / 4);
    }

    [Fact]
    public async Task An_error_is_a_Status_before_the_first_byte_and_a_broken_answer_after_it()
    {
        await FillAsync();
        _store.FailAt = 1;
        (await _api.GetAsync(ConfigMaps)).IsFailure(503, "ServiceUnavailable");
        _store.FailAt = 3;
        await Assert.ThrowsAsync<IOException>(() => _api.GetAsync(ConfigMaps));
    }

    /// <summary>Counts what is read in scans, and fails when told to.</summary>
    private sealed class PagedStore() : StoreDecorator(new MemoryStore())
    {
        public int Pages { get; set; }

        public long Bytes { get; private set; }

        /// <summary>The page of a scan that can't be read; 0 for none.</summary>
        public int FailAt { get; set; }

        public override async IAsyncEnumerable<ObjectPage> ScanAsync(
            Partition partition, ListQuery query, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
        {
            var pages = 0;
            await foreach (var page in Inner.ScanAsync(partition, query, cancellationToken))
            {
                Pages++;
                Bytes += page.Items.Sum(i => (long)i.Document.Length);
                if (++pages == FailAt)
                    throw new StoreUnavailableException("told to fail");
                yield return page;
            }
        }
    }
}
