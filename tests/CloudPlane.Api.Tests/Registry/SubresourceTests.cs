using static CloudPlane.Api.Tests.Manifests;

namespace CloudPlane.Api.Tests;

public sealed class SubresourceTests : IAsyncDisposable
{
    private readonly TestApi _api = new();

    public ValueTask DisposeAsync() => _api.DisposeAsync();

    [Fact]
    public async Task Scale_reads_and_writes_the_replicas()
    {
        await _api.PostAsync($"{Apps}/deployments", Deployment("x"));
        var scale = (await _api.GetAsync($"{Apps}/deployments/x/scale")).Is(200).Json;
        Assert.Equal("Scale", scale["kind"]!.GetValue<string>());
        Assert.Equal(3, scale["spec"]!["replicas"]!.GetValue<int>());
        Assert.Equal("app=x", scale["status"]!["selector"]!.GetValue<string>());
        scale["spec"]!["replicas"] = 5;
        var put = (await _api.PutAsync($"{Apps}/deployments/x/scale", scale.ToJsonString())).Is(200).Json;
        Assert.Equal(5, put["spec"]!["replicas"]!.GetValue<int>());
        (await _api.PutAsync($"{Apps}/deployments/x/scale", scale.ToJsonString())).IsFailure(409, "Conflict");
        (await _api.PatchAsync($"{Apps}/deployments/x/scale", """{"spec":{"replicas":0}}""")).Is(200);
        Assert.Equal(0, (await _api.GetAsync($"{Apps}/deployments/x")).Json["spec"]!["replicas"]!.GetValue<int>());
        var negative = (await _api.PatchAsync($"{Apps}/deployments/x/scale", """{"spec":{"replicas":-1}}""")).IsFailure(422, "Invalid");
        Assert.Equal("Scale.autoscaling \"x\" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0", negative.Message);
    }

    [Fact]
    public async Task Scale_has_columns_of_its_own()
    {
        await _api.PostAsync($"{Apps}/deployments", Deployment("x"));
        var table = (await _api.SendAsync("GET", $"{Apps}/deployments/x/scale", "", accept: "application/json;as=Table;g=meta.k8s.io;v=v1")).Is(200).Json;
        Assert.Equal(["Name", "Desired", "Available", "Age"], table["columnDefinitions"]!.AsArray().Select(column => (string)column!["name"]!));
        Assert.Equal(["x", "3", "0"], table["rows"]![0]!["cells"]!.AsArray().Take(3).Select(cell => cell!.ToString()));
    }

    [Fact]
    public async Task A_subresource_that_is_not_served_is_named()
    {
        var answer = (await _api.PostAsync($"{Namespaced}/pods/p/exec?command=ls", "")).IsFailure(404, "NotFound");
        Assert.Equal("the server could not find the requested resource: pods/exec is not served", answer.Message);
        Assert.Null(answer.Json["details"]!["name"]);
    }

    [Fact]
    public async Task Binding_gives_a_pod_its_node_once()
    {
        await _api.PostAsync($"{Namespaced}/pods", Pod("p"));
        var binding = """{"metadata":{"name":"p"},"target":{"kind":"Node","name":"n1"}}""";
        (await _api.PostAsync($"{Namespaced}/pods/p/binding", binding)).Is(201);
        var pod = (await _api.GetAsync($"{Namespaced}/pods/p")).Json;
        Assert.Equal("n1", pod["spec"]!["nodeName"]!.GetValue<string>());
        var condition = pod["status"]!["conditions"]!.AsArray().Single(c => c!["type"]!.GetValue<string>() == "PodScheduled")!;
        Assert.Equal("True", condition["status"]!.GetValue<string>());
        var again = (await _api.PostAsync($"{Namespaced}/pods/p/binding", binding)).IsFailure(409, "Conflict");
        Assert.Equal("Operation cannot be fulfilled on pods/binding \"p\": pod p is already assigned to node \"n1\"", again.Message);
        (await _api.PostAsync($"{Namespaced}/bindings", """{"metadata":{"name":"q"},"target":{"name":"n1"}}""")).IsFailure(404, "NotFound");
        (await _api.PostAsync($"{Namespaced}/pods/p/binding", """{"metadata":{"name":"p"},"target":{}}""")).IsFailure(422, "Invalid");
    }

    [Fact]
    public async Task Eviction_says_in_the_pod_that_it_is_one()
    {
        await _api.PostAsync($"{Namespaced}/pods", Pod("p"));
        await _api.PostAsync($"{Namespaced}/pods/p/binding", """{"metadata":{"name":"p"},"target":{"name":"n1"}}""");
        var eviction = """{"apiVersion":"policy/v1","kind":"Eviction","metadata":{"name":"p","namespace":"default"}}""";
        (await _api.PostAsync($"{Namespaced}/pods/p/eviction?dryRun=All", eviction)).Is(201);
        Assert.DoesNotContain("DisruptionTarget", (await _api.GetAsync($"{Namespaced}/pods/p")).Text);
        (await _api.PostAsync($"{Namespaced}/pods/p/eviction", eviction)).Is(201);
        var pod = (await _api.GetAsync($"{Namespaced}/pods/p")).Is(200).Json;
        Assert.NotNull(pod["metadata"]!["deletionTimestamp"]);
        var condition = Assert.Single(pod["status"]!["conditions"]!.AsArray(), c => (string)c!["type"]! == "DisruptionTarget")!;
        Assert.Equal(("True", "EvictionByEvictionAPI", "Eviction API: evicting"), ((string)condition["status"]!, (string)condition["reason"]!, (string)condition["message"]!));
    }

    [Fact]
    public async Task Eviction_deletes()
    {
        await _api.PostAsync($"{Namespaced}/pods", Pod("p"));
        var eviction = """{"apiVersion":"policy/v1","kind":"Eviction","metadata":{"name":"p","namespace":"default"}}""";
        (await _api.PostAsync($"{Namespaced}/pods/p/eviction", eviction)).Is(201);
        (await _api.GetAsync($"{Namespaced}/pods/p")).IsFailure(404, "NotFound");
        (await _api.PostAsync($"{Namespaced}/pods/p/eviction", eviction)).IsFailure(404, "NotFound");
    }
}
