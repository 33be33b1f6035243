using static CloudPlane.Api.Tests.Manifests;

namespace CloudPlane.Api.Tests;

public sealed class PatchTests : IAsyncDisposable
{
    private readonly TestApi _api = new();

    public ValueTask DisposeAsync() => _api.DisposeAsync();

    [Fact]
    public async Task Three_types_by_content_type()
    {
        await _api.PostAsync($"{Apps}/deployments", Deployment("x"));
        var merge = await _api.PatchAsync($"{Apps}/deployments/x", """{"metadata":{"labels":{"a":"1"}}}""");
        Assert.Equal("1", merge.Is(200).Json["metadata"]!["labels"]!["a"]!.GetValue<string>());
        var json = await _api.PatchAsync($"{Apps}/deployments/x", """[{"op":"replace","path":"/spec/replicas","value":5}]""", "json");
        Assert.Equal(5, json.Is(200).Json["spec"]!["replicas"]!.GetValue<int>());
        var strategic = await _api.PatchAsync($"{Apps}/deployments/x",
            """{"spec":{"template":{"spec":{"containers":[{"name":"main","image":"busybox:2"},{"name":"side","image":"busybox:1"}]}}}}""", "strategic");
        var containers = strategic.Is(200).Json["spec"]!["template"]!["spec"]!["containers"]!.AsArray();
        Assert.Equal(["busybox:2", "busybox:1"], containers.Select(c => c!["image"]!.GetValue<string>()).Order(StringComparer.Ordinal).Reverse());
    }

    [Fact]
    public async Task Unknown_and_doubled_fields_of_a_patch_are_an_error_a_warning_or_nothing()
    {
        await _api.PostAsync($"{Apps}/deployments", Deployment("x"));
        const string patch = """{"spec":{"foo":1,"replicas":4,"replicas":5}}""";
        var strict = (await _api.PatchAsync($"{Apps}/deployments/x?fieldValidation=Strict", patch)).IsFailure(422, "Invalid");
        Assert.StartsWith(" \"\" is invalid: patch: Invalid value: ", strict.Message, StringComparison.Ordinal);
        Assert.EndsWith("strict decoding error: duplicate field \"spec.replicas\", unknown field \"spec.foo\"", strict.Message, StringComparison.Ordinal);
        Assert.Equal(3, (await _api.GetAsync($"{Apps}/deployments/x")).Json["spec"]!["replicas"]!.GetValue<int>());
        Assert.Equal(2, (await _api.PatchAsync($"{Apps}/deployments/x", patch)).Is(200).Warnings.Count());
        Assert.Empty((await _api.PatchAsync($"{Apps}/deployments/x?fieldValidation=Ignore", patch)).Is(200).Warnings);
        (await _api.PatchAsync($"{Apps}/deployments/x/scale?fieldValidation=Strict", """{"spec":{"foo":1}}""")).IsFailure(422, "Invalid");
    }

    [Fact]
    public async Task Other_types_are_refused_with_the_list_of_those_that_work()
    {
        await _api.PostAsync($"{Namespaced}/configmaps", ConfigMap("a"));
        var apply = await _api.SendAsync("PATCH", $"{Namespaced}/configmaps/a?fieldManager=x", "{}", contentType: "application/apply-patch+yaml");
        Assert.Contains("application/strategic-merge-patch+json", apply.IsFailure(415, "UnsupportedMediaType").Message);
    }

    [Theory]
    [InlineData("json", "{}", 400)]
    [InlineData("json", "[{\"op\":\"replace\",\"path\":\"/nowhere/at/all\",\"value\":1}]", 422)]
    [InlineData("json", "[{\"op\":\"test\",\"path\":\"/data/k\",\"value\":\"other\"}]", 422)]
    [InlineData("merge", "[]", 400)]
    [InlineData("merge", "{", 400)]
    [InlineData("strategic", "\"x\"", 400)]
    [InlineData("merge", "{\"data\":5}", 422)]
    [InlineData("merge", "{\"metadata\":{\"name\":\"b\"}}", 400)]
    [InlineData("merge", "{\"kind\":\"Secret\"}", 400)]
    [InlineData("merge", "{\"metadata\":{\"resourceVersion\":\"nonsense\"}}", 400)]
    public async Task A_patch_that_does_not_work_says_so(string type, string patch, int status)
    {
        await _api.PostAsync($"{Namespaced}/configmaps", ConfigMap("a"));
        var answer = await _api.PatchAsync($"{Namespaced}/configmaps/a", patch, type);
        answer.IsFailure(status, status == 400 ? "BadRequest" : "Invalid");
    }

    [Fact]
    public async Task A_stale_revision_in_the_patch_conflicts()
    {
        var created = await _api.PostAsync($"{Namespaced}/configmaps", ConfigMap("a"));
        (await _api.PatchAsync($"{Namespaced}/configmaps/a", """{"data":{"k":"2"}}""")).Is(200);
        var stale = $$$"""{"metadata":{"resourceVersion":"{{{created.Version}}}"},"data":{"k":"3"}}""";
        (await _api.PatchAsync($"{Namespaced}/configmaps/a", stale)).IsFailure(409, "Conflict");
    }

    [Fact]
    public async Task Concurrent_patches_of_different_fields_all_arrive()
    {
        await _api.PostAsync($"{Namespaced}/configmaps", ConfigMap("a"));
        await Parallel.ForAsync(0, 4, async (i, _) =>
        {
            for (var n = 0; n < 10; n++)
            {
                // Five attempts may not be enough under contention; then it is the client's turn, as with Kubernetes.
                while ((await _api.PatchAsync($"{Namespaced}/configmaps/a", $$$"""{"data":{"p{{{i}}}x{{{n}}}":"1"}}""")).Status != 200)
                    await Task.Yield();
            }
        });
        Assert.Equal(41, (await _api.GetAsync($"{Namespaced}/configmaps/a")).Json["data"]!.AsObject().Count);
    }
}
