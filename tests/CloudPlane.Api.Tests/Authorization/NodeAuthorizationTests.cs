using static CloudPlane.Api.Tests.Manifests;

namespace CloudPlane.Api.Tests;

/// <summary>Nothing but the node's own writes from a node's identity.</summary>
public sealed class NodeAuthorizationTests : IAsyncLifetime
{
    private const string Leases = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases";
    private static readonly ApiUser N1 = NodeUser("n1");
    private readonly TestApi _api = new();

    public async Task InitializeAsync()
    {
        await _api.PostAsync("/api/v1/nodes", Node("n2"));
        await _api.PostAsync($"{Namespaced}/pods", Pod("mine", "n1"));
        await _api.PostAsync($"{Namespaced}/pods", Pod("other", "n2"));
        await _api.PostAsync($"{Namespaced}/configmaps", ConfigMap("used"));
        await _api.PostAsync($"{Namespaced}/configmaps", ConfigMap("unused"));
        await _api.PostAsync($"{Namespaced}/secrets", """{"metadata":{"name":"used"},"data":{}}""");
        (await _api.PostAsync($"{Namespaced}/pods", """
            {"metadata":{"name":"user"},"spec":{"nodeName":"n1",
             "volumes":[{"name":"c","configMap":{"name":"used"}}],
             "containers":[{"name":"a","image":"b","env":[{"name":"E","valueFrom":{"secretKeyRef":{"name":"used","key":"k"}}}]}]}}
            """)).Is(201);
    }

    public async Task DisposeAsync() => await _api.DisposeAsync();

    [Fact]
    public async Task Its_own_node_and_lease()
    {
        (await _api.PostAsync("/api/v1/nodes", Node("n1"), N1)).Is(201);
        (await _api.PatchAsync("/api/v1/nodes/n1/status", """{"status":{"nodeInfo":{"kubeletVersion":"v1"}}}""", user: N1)).Is(200);
        (await _api.PatchAsync("/api/v1/nodes/n1", """{"metadata":{"labels":{"example.com/a":"b"}}}""", user: N1)).Is(200);
        (await _api.PostAsync(Leases, """{"metadata":{"name":"n1"},"spec":{"holderIdentity":"n1","leaseDurationSeconds":40}}""", N1)).Is(201);
        (await _api.PatchAsync($"{Leases}/n1", """{"spec":{"leaseDurationSeconds":41}}""", user: N1)).Is(200);
    }

    [Fact]
    public async Task No_taints_protected_labels_or_other_nodes()
    {
        (await _api.PostAsync("/api/v1/nodes", Node("n1"), N1)).Is(201);
        (await _api.PatchAsync("/api/v1/nodes/n1", """{"spec":{"taints":[{"key":"a","effect":"NoSchedule"}]}}""", user: N1)).IsFailure(403, "Forbidden");
        (await _api.PatchAsync("/api/v1/nodes/n1", """{"metadata":{"labels":{"node-restriction.kubernetes.io/a":"b"}}}""", user: N1)).IsFailure(403, "Forbidden");
        (await _api.PatchAsync("/api/v1/nodes/n2", """{"metadata":{"labels":{"a":"b"}}}""", user: N1)).IsFailure(403, "Forbidden");
        (await _api.PatchAsync("/api/v1/nodes/n2/status", "{}", user: N1)).IsFailure(403, "Forbidden");
        (await _api.PostAsync("/api/v1/nodes", Node("n3"), N1)).IsFailure(403, "Forbidden");
        (await _api.DeleteAsync("/api/v1/nodes/n1", user: N1)).IsFailure(403, "Forbidden");
        (await _api.PostAsync(Leases, """{"metadata":{"name":"n2"},"spec":{}}""", N1)).IsFailure(403, "Forbidden");
        (await _api.PostAsync("/apis/coordination.k8s.io/v1/namespaces/default/leases", """{"metadata":{"name":"n1"}}""", N1)).IsFailure(403, "Forbidden");
    }

    [Fact]
    public async Task Pods_bound_to_it()
    {
        (await _api.GetAsync("/api/v1/pods?fieldSelector=spec.nodeName%3Dn1", N1)).Is(200);
        (await _api.GetAsync($"{Namespaced}/pods/mine", N1)).Is(200);
        (await _api.PatchAsync($"{Namespaced}/pods/mine/status", """{"status":{"phase":"Running"}}""", user: N1)).Is(200);
        (await _api.DeleteAsync($"{Namespaced}/pods/mine?gracePeriodSeconds=0", user: N1)).Is(200);

        (await _api.GetAsync("/api/v1/pods", N1)).IsFailure(403, "Forbidden");
        (await _api.GetAsync("/api/v1/pods?fieldSelector=spec.nodeName%3Dn2", N1)).IsFailure(403, "Forbidden");
        (await _api.GetAsync("/api/v1/pods?fieldSelector=spec.nodeName!%3Dn1", N1)).IsFailure(403, "Forbidden");
        (await _api.GetAsync($"{Namespaced}/pods/other", N1)).IsFailure(403, "Forbidden");
        (await _api.PatchAsync($"{Namespaced}/pods/other/status", "{}", user: N1)).IsFailure(403, "Forbidden");
        (await _api.DeleteAsync($"{Namespaced}/pods/other", user: N1)).IsFailure(403, "Forbidden");
        (await _api.PostAsync($"{Namespaced}/pods", Pod("new", "n1"), N1)).IsFailure(403, "Forbidden");
        (await _api.PatchAsync($"{Namespaced}/pods/user", "{}", user: N1)).IsFailure(403, "Forbidden");
        (await _api.PostAsync($"{Namespaced}/pods/user/eviction", """{"metadata":{"name":"user"}}""", N1)).IsFailure(403, "Forbidden");
        (await _api.PostAsync($"{Namespaced}/pods/other/binding", """{"target":{"name":"n1"}}""", N1)).IsFailure(403, "Forbidden");
    }

    [Fact]
    public async Task Only_what_its_pods_refer_to()
    {
        (await _api.GetAsync($"{Namespaced}/configmaps/used", N1)).Is(200);
        (await _api.GetAsync($"{Namespaced}/secrets/used", N1)).Is(200);
        (await _api.GetAsync($"{Namespaced}/configmaps?fieldSelector=metadata.name%3Dused", N1)).Is(200);
        (await _api.GetAsync($"{Namespaced}/configmaps/unused", N1)).IsFailure(403, "Forbidden");
        (await _api.GetAsync($"{Namespaced}/configmaps", N1)).IsFailure(403, "Forbidden");
        (await _api.GetAsync("/api/v1/secrets", N1)).IsFailure(403, "Forbidden");
        (await _api.GetAsync($"{Namespaced}/secrets/used", NodeUser("n2"))).IsFailure(403, "Forbidden");
        (await _api.PostAsync($"{Namespaced}/configmaps", ConfigMap("x"), N1)).IsFailure(403, "Forbidden");
    }

    [Fact]
    public async Task What_it_reads_and_reports()
    {
        foreach (var path in (string[])["/api/v1/services", "/apis/discovery.k8s.io/v1/endpointslices", "/api/v1/nodes", "/api/v1/namespaces/default"])
            (await _api.GetAsync(path, N1)).Is(200);
        (await _api.PostAsync($"{Namespaced}/events",
            """{"metadata":{"name":"e"},"involvedObject":{"kind":"Pod","name":"mine","namespace":"default"},"reason":"Started"}""", N1)).Is(201);
        (await _api.GetAsync($"{Namespaced}/events", N1)).IsFailure(403, "Forbidden");
        (await _api.GetAsync($"{Apps}/deployments", N1)).IsFailure(403, "Forbidden");
    }

    [Fact]
    public async Task Everybody_else_is_told_no_in_the_words_of_Kubernetes()
    {
        var user = new ApiUser("jane", ["system:authenticated"]);
        Assert.Equal("pods is forbidden: User \"jane\" cannot list resource \"pods\" in API group \"\" in the namespace \"default\"",
            (await _api.GetAsync($"{Namespaced}/pods", user)).IsFailure(403, "Forbidden").Message);
        Assert.Equal("nodes \"n2\" is forbidden: User \"jane\" cannot get resource \"nodes\" in API group \"\" at the cluster scope",
            (await _api.GetAsync("/api/v1/nodes/n2", user)).IsFailure(403, "Forbidden").Message);
        Assert.Equal("deployments.apps \"x\" is forbidden: User \"jane\" cannot patch resource \"deployments/scale\" in API group \"apps\" in the namespace \"default\"",
            (await _api.PatchAsync($"{Apps}/deployments/x/scale", "{}", user: user)).IsFailure(403, "Forbidden").Message);
        (await _api.GetAsync("/api", user)).Is(200);
        (await _api.GetAsync("/logs", user)).IsFailure(403, "Forbidden");
    }

    [Fact]
    public async Task A_partial_node_name_in_the_user_is_not_a_node()
    {
        (await _api.GetAsync("/api/v1/nodes", new ApiUser("system:node:n1", ["system:authenticated"]))).IsFailure(403, "Forbidden");
        (await _api.GetAsync("/api/v1/nodes", new ApiUser("n1", ["system:nodes", "system:authenticated"]))).IsFailure(403, "Forbidden");
    }
}
