using static CloudPlane.Api.Tests.Manifests;

namespace CloudPlane.Api.Tests;

public sealed class BadInputTests : IAsyncDisposable
{
    private readonly TestApi _api = new();

    public ValueTask DisposeAsync() => _api.DisposeAsync();

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("}")]
    [InlineData("nonsense")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("5")]
    [InlineData("{\"kind\":5}")]
    [InlineData("{\"apiVersion\":{}}")]
    [InlineData("{} {}")]
    [InlineData("{\"metadata\":[]}")]
    [InlineData("{\"metadata\":{\"name\":5}}")]
    [InlineData("{\"metadata\":{\"labels\":{\"a\":1}}}")]
    [InlineData("{\"kind\":\"Service\"}")]
    [InlineData("{\"kind\":\"Rocket\",\"apiVersion\":\"space/v1\"}")]
    [InlineData("{\"data\":{\"k\":[]}}")]
    [InlineData("\ufeff{}")]
    [InlineData("{\"metadata\":{\"name\":\"\\ud800\"}}")]
    public async Task A_body_that_is_no_config_map(string body)
    {
        var answer = await _api.PostAsync($"{Namespaced}/configmaps", body);
        Assert.True(answer.Status is 400 or 422, $"{answer.Status}: {answer.Text}");
        answer.IsFailure(answer.Status, answer.Status == 400 ? "BadRequest" : "Invalid");
        Assert.NotEmpty(answer.Message);
    }

    [Fact]
    public async Task A_deeply_nested_body()
    {
        var deep = string.Concat(Enumerable.Repeat("{\"a\":", 100_000));
        (await _api.PostAsync($"{Namespaced}/configmaps", deep)).IsFailure(400, "BadRequest");
        var closed = "{\"x\":" + new string('[', 2000) + new string(']', 2000) + "}";
        var answer = await _api.PostAsync($"{Namespaced}/configmaps", closed);
        answer.IsFailure(answer.Status, answer.Reason);
        Assert.InRange(answer.Status, 400, 499);
    }

    [Theory]
    [InlineData("name", "A")]
    [InlineData("name", "a_b")]
    [InlineData("name", "")]
    [InlineData("name", "a/b")]
    [InlineData("name", "300")]
    public async Task Names_that_are_none(string field, string value)
    {
        var name = value == "300" ? new string('a', 300) : value;
        var answer = (await _api.PostAsync($"{Namespaced}/configmaps", $$$"""{"metadata":{"{{{field}}}":"{{{name}}}"}}""")).IsFailure(422, "Invalid");
        Assert.Contains("metadata.name", answer.Message);
    }

    [Fact]
    public async Task Long_names_in_the_path_are_not_found()
    {
        (await _api.GetAsync($"{Namespaced}/configmaps/{new string('a', 300)}")).IsFailure(404, "NotFound");
        (await _api.GetAsync($"{Namespaced}/configmaps/a\u0001b")).IsFailure(404, "NotFound");
        (await _api.GetAsync("/api/v1/namespaces/a\u0000b/configmaps/x")).IsFailure(404, "NotFound");
        (await _api.GetAsync("/api/v1/namespaces/a\u0000b/configmaps")).Is(200);
        (await _api.PostAsync("/api/v1/namespaces/a\u0000b/configmaps", ConfigMap("x"))).IsFailure(404, "NotFound");
    }

    [Theory]
    [InlineData("{\"a\":\"b c\"}")]
    [InlineData("{\"a b\":\"c\"}")]
    [InlineData("{\"-\":\"c\"}")]
    public async Task Labels_that_are_none(string labels) =>
        Assert.Contains("metadata.labels", (await _api.PostAsync($"{Namespaced}/configmaps", ConfigMap("a", labels: labels))).IsFailure(422, "Invalid").Message);

    [Fact]
    public async Task Wrong_types_and_missing_fields_name_their_path()
    {
        var wrong = Deployment("x").Replace("\"replicas\":3", "\"replicas\":\"three\"", StringComparison.Ordinal);
        Assert.Contains("spec.replicas", (await _api.PostAsync($"{Apps}/deployments", wrong)).IsFailure(400, "BadRequest").Message);
        var missing = Deployment("x").Replace("\"image\":\"busybox:1\"", "\"command\":[]", StringComparison.Ordinal);
        Assert.Contains("spec.template.spec.containers[0].image: Required value",
            (await _api.PostAsync($"{Apps}/deployments", missing)).IsFailure(422, "Invalid").Message);
        (await _api.PostAsync($"{Apps}/deployments", """{"metadata":{"name":"x"}}""")).IsFailure(422, "Invalid");
        (await _api.PostAsync($"{Namespaced}/pods", """{"metadata":{"name":"x"},"spec":{}}""")).IsFailure(422, "Invalid");
    }

    [Fact]
    public async Task Duplicate_fields_are_named()
    {
        var body = """{"metadata":{"name":"a"},"data":{"k":"1"},"data":{"k":"2"}}""";
        Assert.Contains("duplicate field \"data\"",
            (await _api.PostAsync($"{Namespaced}/configmaps?fieldValidation=Strict", body)).IsFailure(400, "BadRequest").Message);
    }

    [Fact]
    public async Task Bodies_that_are_too_large_or_of_another_kind()
    {
        var large = ConfigMap("a", new string('x', 5 << 20));
        Assert.Equal("Request entity too large: limit is 3145728",
            (await _api.PostAsync($"{Namespaced}/configmaps", large)).IsFailure(413, "RequestEntityTooLarge").Message);
        var overTheStore = """{"metadata":{"name":"a"},"data":{"k":""" + "\"" + new string('x', 2 << 20) + "\"}}";
        var answer = await _api.PostAsync($"{Namespaced}/configmaps", overTheStore);
        Assert.True(answer.Status is 413 or 422, answer.Text);
        foreach (var type in (string[])["application/cbor", "text/plain", "application/x-www-form-urlencoded"])
            (await _api.SendAsync("POST", $"{Namespaced}/configmaps", ConfigMap("a"), contentType: type)).IsFailure(415, "UnsupportedMediaType");
    }

    [Fact]
    public async Task Namespaces_and_revisions_that_do_not_fit()
    {
        var elsewhere = """{"metadata":{"name":"a","namespace":"other"}}""";
        Assert.Equal("the namespace of the provided object does not match the namespace sent on the request",
            (await _api.PostAsync($"{Namespaced}/configmaps", elsewhere)).IsFailure(400, "BadRequest").Message);
        (await _api.PostAsync($"{Namespaced}/configmaps", """{"metadata":{"name":"a","resourceVersion":"5"}}""")).IsFailure(400, "BadRequest");
        (await _api.GetAsync($"{Namespaced}/configmaps/a?resourceVersion=x")).IsFailure(400, "BadRequest");
        await using var watch = _api.Open($"{Namespaced}/configmaps?watch=1&resourceVersion=x");
        Assert.Equal(400, await watch.Status);
    }
}
