using System.Text.Json.Nodes;
using static CloudPlane.Api.Tests.Manifests;

namespace CloudPlane.Api.Tests;

public sealed class ServiceAccountAdmissionTests : IAsyncDisposable
{
    private readonly TestApi _api = new();

    public ValueTask DisposeAsync() => _api.DisposeAsync();

    [Fact]
    public async Task An_account_that_a_pod_names_must_exist()
    {
        var refused = await _api.PostAsync($"{Namespaced}/pods", PodOf("a", "robot"));
        Assert.Equal("pods \"a\" is forbidden: error looking up service account default/robot: serviceaccount \"robot\" not found",
            refused.IsFailure(403, "Forbidden").Message);
        (await _api.PostAsync($"{Namespaced}/serviceaccounts", Account("robot", ""))).Is(201);
        (await _api.PostAsync($"{Namespaced}/pods", PodOf("a", "robot"))).Is(201);
    }

    [Fact]
    public async Task The_default_account_may_come_later() => (await _api.PostAsync($"{Namespaced}/pods", Pod("a"))).Is(201);

    [Fact]
    public async Task A_pod_without_pull_secrets_gets_those_of_its_account()
    {
        (await _api.PostAsync($"{Namespaced}/serviceaccounts", Account("robot", """,{"name":"b"}"""))).Is(201);
        Assert.Equal("""[{"name":"a"},{"name":"b"}]""", Secrets((await _api.PostAsync($"{Namespaced}/pods", PodOf("a", "robot"))).Is(201)));
        Assert.Equal("""[{"name":"own"}]""", Secrets((await _api.PostAsync($"{Namespaced}/pods", PodOf("b", "robot", "own"))).Is(201)));
    }

    private static string? Secrets(Answer pod) => pod.Json["spec"]!["imagePullSecrets"]?.ToJsonString();

    private static string Account(string name, string more) =>
        $$"""{"apiVersion":"v1","kind":"ServiceAccount","metadata":{"name":"{{name}}"},"imagePullSecrets":[{"name":"a"}{{more}}]}""";

    private static string PodOf(string name, string account, string? secret = null)
    {
        var pod = JsonNode.Parse(Pod(name))!;
        pod["spec"]!["serviceAccountName"] = account;
        if (secret is not null)
            pod["spec"]!["imagePullSecrets"] = new JsonArray(new JsonObject { ["name"] = secret });
        return pod.ToJsonString();
    }
}
