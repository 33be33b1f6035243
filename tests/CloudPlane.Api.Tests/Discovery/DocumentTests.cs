using static CloudPlane.Api.Tests.Manifests;

namespace CloudPlane.Api.Tests;

public sealed class DocumentTests : IAsyncDisposable
{
    private readonly TestApi _api = new();

    public ValueTask DisposeAsync() => _api.DisposeAsync();

    [Theory]
    [InlineData("/api", "APIVersions")]
    [InlineData("/apis", "APIGroupList")]
    [InlineData("/apis/apps", "APIGroup")]
    [InlineData("/api/v1", "APIResourceList")]
    [InlineData("/apis/apps/v1", "APIResourceList")]
    public async Task Discovery(string path, string kind) => Assert.Equal(kind, (await _api.GetAsync(path)).Is(200).Json["kind"]!.GetValue<string>());

    [Theory]
    [InlineData("/api", "v2")]
    [InlineData("/apis", "v2")]
    [InlineData("/apis", "v2beta1")]
    public async Task Aggregated_discovery_says_so_in_its_content_type(string path, string version)
    {
        var accept = $"application/json;g=apidiscovery.k8s.io;v={version};as=APIGroupDiscoveryList,application/json";
        var answer = (await _api.GetAsync(path, accept: accept)).Is(200);
        Assert.Equal($"application/json;g=apidiscovery.k8s.io;v={version};as=APIGroupDiscoveryList", answer.ContentType);
        Assert.Equal("APIGroupDiscoveryList", answer.Json["kind"]!.GetValue<string>());
    }

    [Fact]
    public async Task Version_and_health()
    {
        var version = (await _api.GetAsync("/version")).Is(200).Json;
        Assert.Equal("v1.34.0+cloudplane", version["gitVersion"]!.GetValue<string>());
        Assert.Equal("34", version["minor"]!.GetValue<string>());
        foreach (var path in (string[])["/healthz", "/livez", "/readyz"])
            Assert.Equal("ok", (await _api.GetAsync(path)).Is(200).Text);
        Assert.Contains("check passed", (await _api.GetAsync("/readyz?verbose")).Is(200).Text);
    }

    [Fact]
    public async Task Nobody_defined_a_kind()
    {
        var list = (await _api.GetAsync("/apis/apiextensions.k8s.io/v1/customresourcedefinitions?limit=500")).Is(200).Json;
        Assert.Equal("CustomResourceDefinitionList", list["kind"]!.GetValue<string>());
        Assert.Empty(list["items"]!.AsArray());
    }

    [Fact]
    public async Task OpenApi()
    {
        Assert.NotNull((await _api.GetAsync("/openapi/v3")).Is(200).Json["paths"]!["apis/apps/v1"]);
        Assert.NotNull((await _api.GetAsync("/openapi/v3/apis/apps/v1")).Is(200).Json["components"]);
        Assert.NotNull((await _api.GetAsync("/openapi/v3/api/v1")).Is(200).Json["components"]);
        Assert.NotNull((await _api.GetAsync("/openapi/v2")).Is(200).Json["definitions"]);
        var protobuf = await _api.GetAsync("/openapi/v2", accept: "application/com.github.proto-openapi.spec.v2@v1.0+protobuf");
        Assert.Contains("protobuf", protobuf.Is(200).ContentType);
    }

    [Theory]
    [InlineData("GET", "/", 404)]
    [InlineData("GET", "/nowhere", 404)]
    [InlineData("GET", "/api/v2", 404)]
    [InlineData("GET", "/apis/nowhere.io", 404)]
    [InlineData("GET", "/apis/apps/v2", 404)]
    [InlineData("GET", "/apis/apps/v1/rockets", 404)]
    [InlineData("GET", "/api/v1/namespaces/default/nodes", 404)]
    [InlineData("GET", "/api/v1/pods/x", 404)]
    [InlineData("GET", "/api/v1/namespaces/default/pods/x/exec", 404)]
    [InlineData("GET", "/api/v1/namespaces/default/pods/x/log/more", 404)]
    [InlineData("GET", "/openapi/v3/apis/nowhere/v1", 404)]
    [InlineData("POST", "/api/v1/pods", 405)]
    [InlineData("POST", "/api/v1/namespaces/default/pods/x", 405)]
    [InlineData("PUT", "/api/v1/namespaces/default/pods", 405)]
    [InlineData("GET", "/api/v1/namespaces/default/bindings", 405)]
    [InlineData("DELETE", "/api/v1/namespaces", 405)]
    [InlineData("BREW", "/api/v1/namespaces/default/pods", 405)]
    [InlineData("POST", "/version", 405)]
    public async Task Paths_and_methods_that_are_not_served(string method, string path, int status) =>
        (await _api.SendAsync(method, path, "{}")).IsFailure(status, status == 404 ? "NotFound" : "MethodNotAllowed");
}
