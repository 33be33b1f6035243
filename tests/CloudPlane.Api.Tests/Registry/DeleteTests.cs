using System.Text.Json.Nodes;
using static CloudPlane.Api.Tests.Manifests;

namespace CloudPlane.Api.Tests;

public sealed class DeleteTests : IAsyncDisposable
{
    private readonly TestApi _api = new();

    public ValueTask DisposeAsync() => _api.DisposeAsync();

    [Fact]
    public async Task A_plain_object_is_gone_at_once_and_a_Status_says_which()
    {
        var uid = (await _api.PostAsync($"{Apps}/deployments", Deployment("x"))).Json["metadata"]!["uid"]!.GetValue<string>();
        var deleted = (await _api.DeleteAsync($"{Apps}/deployments/x")).Is(200).Json;
        Assert.Equal("Success", deleted["status"]!.GetValue<string>());
        Assert.Equal(uid, deleted["details"]!["uid"]!.GetValue<string>());
        Assert.Equal("deployments", deleted["details"]!["kind"]!.GetValue<string>());
        (await _api.GetAsync($"{Apps}/deployments/x")).IsFailure(404, "NotFound");
    }

    [Fact]
    public async Task Preconditions_hold_the_delete_back()
    {
        await _api.PostAsync($"{Namespaced}/configmaps", ConfigMap("a"));
        var wrongUid = await _api.DeleteAsync($"{Namespaced}/configmaps/a", """{"preconditions":{"uid":"no"}}""");
        Assert.Contains("Precondition failed: UID in precondition: no", wrongUid.IsFailure(409, "Conflict").Message);
        (await _api.DeleteAsync($"{Namespaced}/configmaps/a", """{"preconditions":{"resourceVersion":"999"}}""")).IsFailure(409, "Conflict");
        (await _api.DeleteAsync($"{Namespaced}/configmaps/a", """{"kind":"Pod"}""")).IsFailure(400, "BadRequest");
        (await _api.DeleteAsync($"{Namespaced}/configmaps/a?propagationPolicy=Sideways")).IsFailure(422, "Invalid");
        (await _api.DeleteAsync($"{Namespaced}/configmaps/a?gracePeriodSeconds=x")).IsFailure(400, "BadRequest");
    }

    [Fact]
    public async Task A_pod_on_a_node_is_marked_and_goes_when_its_node_says_so()
    {
        var uid = (await _api.PostAsync($"{Namespaced}/pods", Pod("p", "n1"))).Is(201).Json["metadata"]!["uid"]!.GetValue<string>();
        var marked = (await _api.DeleteAsync($"{Namespaced}/pods/p")).Is(200).Json["metadata"]!;
        Assert.Equal(30, marked["deletionGracePeriodSeconds"]!.GetValue<int>());
        Assert.NotNull(marked["deletionTimestamp"]);
        var again = (await _api.DeleteAsync($"{Namespaced}/pods/p")).Is(200);
        Assert.Equal(marked["resourceVersion"]!.GetValue<string>(), again.Version);
        var shorter = (await _api.DeleteAsync($"{Namespaced}/pods/p?gracePeriodSeconds=5")).Is(200).Json["metadata"]!;
        Assert.Equal(5, shorter["deletionGracePeriodSeconds"]!.GetValue<int>());
        (await _api.DeleteAsync($"{Namespaced}/pods/p", $$$"""{"gracePeriodSeconds":0,"preconditions":{"uid":"{{{uid}}}"}}""", NodeUser("n1"))).Is(200);
        (await _api.GetAsync($"{Namespaced}/pods/p")).IsFailure(404, "NotFound");
    }

    [Fact]
    public async Task A_pod_without_node_or_at_its_end_goes_at_once()
    {
        await _api.PostAsync($"{Namespaced}/pods", Pod("p"));
        Assert.Equal("Pod", (await _api.DeleteAsync($"{Namespaced}/pods/p")).Is(200).Json["kind"]!.GetValue<string>());
        (await _api.GetAsync($"{Namespaced}/pods/p")).IsFailure(404, "NotFound");
        await _api.PostAsync($"{Namespaced}/pods", Pod("q", "n1"));
        (await _api.PatchAsync($"{Namespaced}/pods/q/status", """{"status":{"phase":"Succeeded"}}""")).Is(200);
        (await _api.DeleteAsync($"{Namespaced}/pods/q")).Is(200);
        (await _api.GetAsync($"{Namespaced}/pods/q")).IsFailure(404, "NotFound");
    }

    [Fact]
    public async Task Finalizers_hold_the_object_until_the_last_is_gone()
    {
        await _api.PostAsync($"{Namespaced}/configmaps", """{"metadata":{"name":"a","finalizers":["example.com/x","example.com/y"]}}""");
        var marked = (await _api.DeleteAsync($"{Namespaced}/configmaps/a")).Is(200).Json;
        Assert.Equal("ConfigMap", marked["kind"]!.GetValue<string>());
        Assert.NotNull(marked["metadata"]!["deletionTimestamp"]);
        (await _api.PatchAsync($"{Namespaced}/configmaps/a", """{"metadata":{"finalizers":["example.com/y"]}}""")).Is(200);
        (await _api.GetAsync($"{Namespaced}/configmaps/a")).Is(200);
        (await _api.PatchAsync($"{Namespaced}/configmaps/a", """{"metadata":{"finalizers":null}}""")).Is(200);
        (await _api.GetAsync($"{Namespaced}/configmaps/a")).IsFailure(404, "NotFound");
    }

    [Theory]
    [InlineData("Foreground", "foregroundDeletion")]
    [InlineData("Orphan", "orphan")]
    public async Task Propagation_becomes_a_finalizer(string policy, string finalizer)
    {
        await _api.PostAsync($"{Apps}/deployments", Deployment("x"));
        var marked = (await _api.DeleteAsync($"{Apps}/deployments/x", $$$"""{"propagationPolicy":"{{{policy}}}"}""")).Is(200).Json["metadata"]!;
        Assert.Equal([finalizer], marked["finalizers"]!.AsArray().Select(f => f!.GetValue<string>()));
        Assert.Equal(2, marked["generation"]!.GetValue<int>());
    }

    [Fact]
    public async Task A_namespace_stays_until_it_is_finalized()
    {
        await _api.PostAsync("/api/v1/namespaces", Namespace("team"));
        var marked = (await _api.DeleteAsync("/api/v1/namespaces/team")).Is(200).Json;
        Assert.Equal("Terminating", marked["status"]!["phase"]!.GetValue<string>());
        var refused = (await _api.PostAsync("/api/v1/namespaces/team/configmaps", ConfigMap("a"))).IsFailure(403, "Forbidden");
        Assert.Equal("configmaps \"a\" is forbidden: unable to create new content in namespace team because it is being terminated", refused.Message);
        Assert.Equal("NamespaceTerminating", refused.Json["details"]!["causes"]![0]!["reason"]!.GetValue<string>());

        marked["spec"] = new JsonObject { ["finalizers"] = new JsonArray() };
        (await _api.PutAsync("/api/v1/namespaces/team/finalize", marked.ToJsonString())).Is(200);
        (await _api.GetAsync("/api/v1/namespaces/team")).IsFailure(404, "NotFound");
    }

    [Theory]
    [InlineData("default")]
    [InlineData("kube-system")]
    [InlineData("kube-public")]
    public async Task A_cluster_cannot_be_without_some_namespaces(string name) => Assert.Equal(
        $"namespaces \"{name}\" is forbidden: this namespace may not be deleted",
        (await _api.DeleteAsync($"/api/v1/namespaces/{name}")).IsFailure(403, "Forbidden").Message);

    [Fact]
    public async Task A_collection_is_deleted_by_selector()
    {
        await _api.PostAsync($"{Namespaced}/configmaps", ConfigMap("a", labels: """{"x":"1"}"""));
        await _api.PostAsync($"{Namespaced}/configmaps", ConfigMap("b", labels: """{"x":"2"}"""));
        var deleted = (await _api.DeleteAsync($"{Namespaced}/configmaps?labelSelector=x%3D1")).Is(200).Json;
        Assert.Equal("ConfigMapList", deleted["kind"]!.GetValue<string>());
        Assert.Single(deleted["items"]!.AsArray());
        (await _api.GetAsync($"{Namespaced}/configmaps/a")).IsFailure(404, "NotFound");
        (await _api.GetAsync($"{Namespaced}/configmaps/b")).Is(200);
        (await _api.DeleteAsync("/api/v1/configmaps")).IsFailure(405, "MethodNotAllowed");
    }
}
