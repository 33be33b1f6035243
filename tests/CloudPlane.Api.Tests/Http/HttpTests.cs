using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using static CloudPlane.Api.Tests.Manifests;

namespace CloudPlane.Api.Tests;

/// <summary>What only a real server shows: TLS, headers, streams, compression.</summary>
public sealed class HttpTests : IAsyncLifetime
{
    private HttpApi _http = null!;
    private HttpClient _admin = null!;

    public async Task InitializeAsync()
    {
        _http = await HttpApi.StartAsync();
        _admin = _http.Client("admin", ["system:masters"]);
    }

    public async Task DisposeAsync()
    {
        _admin.Dispose();
        await _http.DisposeAsync();
    }

    private static StringContent Json(string text) => new(text, Encoding.UTF8, "application/json");

    private static async Task<JsonObject> BodyAsync(HttpResponseMessage response) => JsonNode.Parse(await response.Content.ReadAsStringAsync())!.AsObject();

    [Theory]
    [InlineData("/healthz", HttpStatusCode.OK)]
    [InlineData("/version", HttpStatusCode.OK)]
    [InlineData("/api/v1/pods", HttpStatusCode.MethodNotAllowed)]
    public async Task HEAD_is_answered_without_a_body(string path, HttpStatusCode status)
    {
        using var client = _http.Client("admin", ["system:masters"], HttpVersion.Version20);
        var answer = await client.SendAsync(new HttpRequestMessage(HttpMethod.Head, path) { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact });
        Assert.Equal(status, answer.StatusCode);
        Assert.Empty(await answer.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task A_certificate_says_who_calls()
    {
        Assert.Equal(HttpStatusCode.Created, (await _admin.PostAsync($"{Namespaced}/configmaps", Json(ConfigMap("a")))).StatusCode);
        var read = await _admin.GetAsync($"{Namespaced}/configmaps/a");
        Assert.Equal("application/json", read.Content.Headers.ContentType!.ToString());
        Assert.NotNull(read.Content.Headers.ContentLength);

        using var nobody = _http.Client(null);
        var refused = await nobody.GetAsync($"{Namespaced}/configmaps/a");
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        Assert.Equal("Unauthorized", (await BodyAsync(refused))["reason"]!.GetValue<string>());
        Assert.Equal(HttpStatusCode.OK, (await nobody.GetAsync("/version")).StatusCode);

        using var jane = _http.Client("jane", ["developers"]);
        Assert.Equal(HttpStatusCode.Forbidden, (await jane.GetAsync($"{Namespaced}/configmaps/a")).StatusCode);
        using var node = _http.Client("system:node:n1", ["system:nodes"]);
        Assert.Equal(HttpStatusCode.OK, (await node.GetAsync("/api/v1/nodes")).StatusCode);
    }

    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task A_watch_delivers_while_it_lasts(string version)
    {
        using var client = _http.Client("admin", ["system:masters"], Version.Parse(version));
        using var watch = await client.GetAsync($"{Namespaced}/configmaps?watch=1", HttpCompletionOption.ResponseHeadersRead);
        using var lines = new StreamReader(await watch.Content.ReadAsStreamAsync());
        for (var i = 0; i < 3; i++)
        {
            await _admin.PostAsync($"{Namespaced}/configmaps", Json(ConfigMap($"w{i}")));
            var line = await lines.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(10));
            Assert.Equal($"w{i}", JsonNode.Parse(line!)!["object"]!["metadata"]!["name"]!.GetValue<string>());
        }
    }

    [Fact]
    public async Task A_large_list_is_compressed_for_those_who_ask()
    {
        for (var i = 0; i < 20; i++)
            await _admin.PostAsync($"{Namespaced}/configmaps", Json(ConfigMap($"c{i}", new string('x', 10_000))));
        var plain = await _admin.GetByteArrayAsync($"{Namespaced}/configmaps");
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{Namespaced}/configmaps");
        request.Headers.AcceptEncoding.Add(new StringWithQualityHeaderValue("gzip"));
        using var response = await _admin.SendAsync(request);
        Assert.Equal("gzip", response.Content.Headers.ContentEncoding.Single());
        using var gzip = new GZipStream(await response.Content.ReadAsStreamAsync(), CompressionMode.Decompress);
        using var unpacked = new MemoryStream();
        await gzip.CopyToAsync(unpacked);
        Assert.Equal(plain, unpacked.ToArray());
    }

    [Fact]
    public async Task A_body_over_the_limit_is_refused()
    {
        using var response = await _admin.PostAsync($"{Namespaced}/configmaps", Json(ConfigMap("a", new string('x', 5 << 20))));
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
        Assert.Equal("RequestEntityTooLarge", (await BodyAsync(response))["reason"]!.GetValue<string>());
    }

    [Fact]
    public async Task Warnings_are_headers_and_pretty_is_on_demand()
    {
        using var warned = await _admin.PostAsync($"{Namespaced}/configmaps", Json("""{"metadata":{"name":"a"},"foo":1}"""));
        Assert.Equal("299 - \"unknown field \\\"foo\\\"\"", warned.Headers.GetValues("Warning").Single());
        Assert.DoesNotContain('\n', await _admin.GetStringAsync($"{Namespaced}/configmaps/a"));
        Assert.Contains('\n', await _admin.GetStringAsync($"{Namespaced}/configmaps/a?pretty=true"));
    }

    [Fact]
    public async Task A_cluster_s_own_path()
    {
        Assert.Equal(HttpStatusCode.OK, (await _admin.GetAsync("/clusters/default/api/v1/namespaces/default")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await _admin.GetAsync("/clusters/other/api/v1/namespaces/default")).StatusCode);
    }

    [Fact]
    public async Task A_log_flows_from_the_node_to_the_client()
    {
        using var node = _http.Client("system:node:n1", ["system:nodes"]);
        await _admin.PostAsync($"{Namespaced}/pods", Json(Pod("p", "n1")));
        using var status = new HttpRequestMessage(HttpMethod.Patch, $"{Namespaced}/pods/p/status")
        {
            Content = new StringContent(
                """{"status":{"containerStatuses":[{"name":"main","image":"b","imageID":"","ready":true,"restartCount":0,"state":{"running":{}}}]}}""",
                Encoding.UTF8, "application/merge-patch+json"),
        };
        (await _admin.SendAsync(status)).EnsureSuccessStatusCode();
        using var tunnel = await node.GetAsync("/cloudplane/v1/nodes/n1/tunnel", HttpCompletionOption.ResponseHeadersRead);
        using var requests = new StreamReader(await tunnel.Content.ReadAsStreamAsync());
        var log = _admin.GetStringAsync($"{Namespaced}/pods/p/log");
        var id = JsonNode.Parse((await requests.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(10)))!)!["id"]!.GetValue<string>();
        using var answer = new HttpRequestMessage(HttpMethod.Post, $"/cloudplane/v1/nodes/n1/streams/{id}") { Content = new ByteArrayContent("hello\n"u8.ToArray()) };
        answer.Headers.Add("CloudPlane-Status", "200");
        answer.Headers.TransferEncodingChunked = true;
        Assert.Equal(HttpStatusCode.OK, (await node.SendAsync(answer)).StatusCode);
        Assert.Equal("hello\n", await log);
    }
}
