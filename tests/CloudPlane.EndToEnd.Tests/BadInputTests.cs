using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace CloudPlane.EndToEnd.Tests;

/// <summary>What a broken or hostile client sends: always a proper Status, never a 500, and the server lives on.</summary>
public abstract class BadInputTests(LocalCluster cluster)
{
    public static TheoryData<string, string, string, int, string> Requests() => new()
    {
        { "POST", "/api/v1/namespaces/default/configmaps", "{", 400, "BadRequest" },
        { "POST", "/api/v1/namespaces/default/configmaps", "[]", 400, "BadRequest" },
        { "POST", "/api/v1/namespaces/default/configmaps", "{\"metadata\":{\"name\":\"" + new string('a', 300) + "\"}}", 422, "Invalid" },
        { "POST", "/api/v1/namespaces/default/configmaps", "{\"metadata\":{\"name\":\"x\",\"labels\":{\"a b\":\"c\"}}}", 422, "Invalid" },
        { "POST", "/api/v1/namespaces/default/configmaps", "{\"metadata\":{\"name\":\"x\"},\"data\":{\"a\":1}}", 400, "BadRequest" },
        { "POST", "/api/v1/namespaces/default/configmaps?fieldValidation=Strict", "{\"metadata\":{\"name\":\"x\"},\"dat\":{}}", 400, "BadRequest" },
        { "POST", "/api/v1/namespaces/default/configmaps?fieldValidation=Strict", "{\"metadata\":{\"name\":\"x\"},\"data\":{},\"data\":{}}", 400, "BadRequest" },
        { "POST", "/api/v1/namespaces/absent/configmaps", "{\"metadata\":{\"name\":\"x\"}}", 404, "NotFound" },
        { "POST", "/api/v1/namespaces/default/pods", "{\"metadata\":{\"name\":\"x\"}}", 422, "Invalid" },
        { "POST", "/apis/apps/v1/namespaces/default/deployments", "{\"metadata\":{\"name\":\"x\"},\"spec\":{\"replicas\":\"three\"}}", 400, "BadRequest" },
        { "GET", "/api/v1/namespaces/default/widgets", "", 404, "NotFound" },
        { "GET", "/apis/no.such.group/v1/things", "", 404, "NotFound" },
        { "GET", "/api/v1/pods?labelSelector=a%20b%20c", "", 400, "BadRequest" },
        { "GET", "/api/v1/pods?fieldSelector=spec.color%3Dred", "", 400, "BadRequest" },
        { "GET", "/api/v1/pods?resourceVersion=abc", "", 400, "BadRequest" },
        { "GET", "/api/v1/pods?limit=abc", "", 400, "BadRequest" },
        { "GET", "/api/v1/pods?continue=garbage", "", 400, "BadRequest" },
        { "PATCH", "/api/v1/namespaces/default", "{", 400, "BadRequest" },
        { "PUT", "/api/v1/namespaces/default/configmaps/absent", "{\"metadata\":{\"name\":\"absent\"}}", 404, "NotFound" },
        { "DELETE", "/api/v1/namespaces/default/configmaps/absent", "", 404, "NotFound" },
    };

    [Theory, MemberData(nameof(Requests))]
    public Task Gets_a_status_that_says_what(string method, string path, string body, int code, string reason) => RefusesAsync(method, path, body, code, reason);

    protected async Task RefusesAsync(string method, string path, string body, int code, string reason)
    {
        using var client = ApiHttp.Client(cluster);
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (body.Length > 0)
            request.Content = new StringContent(body, Encoding.UTF8, method == "PATCH" ? "application/merge-patch+json" : "application/json");
        using var response = await client.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(code == (int)response.StatusCode, $"{(int)response.StatusCode} {text}");
        var status = JsonDocument.Parse(text).RootElement;
        Assert.Equal(("Status", "v1", "Failure", reason, code), (
            status.GetProperty("kind").GetString(), status.GetProperty("apiVersion").GetString(), status.GetProperty("status").GetString(),
            status.GetProperty("reason").GetString(), status.GetProperty("code").GetInt32()));
        Assert.NotEqual("", status.GetProperty("message").GetString());
    }

    [Fact]
    public async Task A_body_of_5_MiB_is_too_large()
    {
        using var client = ApiHttp.Client(cluster);
        var body = "{\"metadata\":{\"name\":\"x\"},\"data\":{\"a\":\"" + new string('x', 5 << 20) + "\"}}";
        using var response = await client.PostAsync("/api/v1/namespaces/default/configmaps", ApiHttp.Json(body));
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("nonsense")]
    [InlineData("eyJhbGciOiJub25lIn0.eyJzdWIiOiJzeXN0ZW06YWRtaW4ifQ.")]
    public async Task Without_proper_credentials_it_is_401(string? token)
    {
        using var client = ApiHttp.Client(cluster, anonymous: true);
        client.DefaultRequestHeaders.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
        using var response = await client.GetAsync("/api/v1/pods");
        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        Assert.Contains("\"Unauthorized\"", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        using var join = await client.PostAsync("/cloudplane/v1/join", ApiHttp.Json("{\"nodeName\":\"intruder\"}"));
        Assert.Equal(HttpStatusCode.Unauthorized, join.StatusCode);
    }

    [Fact]
    public async Task A_node_may_only_write_what_is_its_own()
    {
        using var client = ApiHttp.Client(cluster, anonymous: true);
        using var credential = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(cluster.Data, "nodes/node-1/node.token")));
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", credential.RootElement.GetProperty("token").GetString());
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/api/v1/nodes/node-1")).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await client.GetAsync("/api/v1/secrets")).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await client.PostAsync("/api/v1/namespaces/default/configmaps", ApiHttp.Json("{\"metadata\":{\"name\":\"x\"}}"))).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await client.DeleteAsync("/api/v1/nodes/node-2")).StatusCode);
        using var patch = new StringContent("{\"metadata\":{\"labels\":{\"a\":\"b\"}}}", Encoding.UTF8, "application/merge-patch+json");
        Assert.Equal(HttpStatusCode.Forbidden, (await client.PatchAsync("/api/v1/nodes/other", patch)).StatusCode);
    }
}

[Collection(nameof(OneNodeCluster))]
public sealed class StandaloneBadInputTests(OneNodeCluster cluster) : BadInputTests(cluster)
{
    // In the cloud form the Functions host answers for paths that are no function's route, in its own way.
    [Fact]
    public Task Outside_of_all_paths_it_is_404() => RefusesAsync("GET", "/nowhere", "", 404, "NotFound");
}

[Collection(nameof(OneNodeCloudCluster))]
public sealed class CloudBadInputTests(OneNodeCloudCluster cluster) : BadInputTests(cluster);
