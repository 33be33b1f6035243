using System.Text.Json.Nodes;

namespace CloudPlane.Schema.Tests;

public sealed class DiscoveryDocumentsTests
{
    private static readonly DiscoveryDocuments Discovery = new(Catalog.LoadBuiltIn());

    [Fact]
    public void CoreVersionsAreV1() => Assert.Equal(
        """{"kind":"APIVersions","versions":["v1"],"serverAddressByClientCIDRs":[]}""", Parse(Discovery.CoreVersions()).ToJsonString());

    [Fact]
    public void GroupsHaveTheirPreferredVersion()
    {
        var groups = Parse(Discovery.Groups())["groups"]!.AsArray();
        Assert.Equal(["apps", "coordination.k8s.io", "discovery.k8s.io"], groups.Select(g => g!["name"]!.GetValue<string>()).Order());
        Assert.Equal(
            """{"kind":"APIGroup","apiVersion":"v1","name":"apps","versions":[{"groupVersion":"apps/v1","version":"v1"}],"preferredVersion":{"groupVersion":"apps/v1","version":"v1"}}""",
            Parse(Discovery.Group("apps")!).ToJsonString());
        Assert.Null(Discovery.Group("batch"));
        Assert.Null(Discovery.Group(""));
    }

    [Fact]
    public void PodsAreListedAsKubernetesListsThem()
    {
        var resources = Parse(Discovery.Resources("", "v1")!)["resources"]!.AsArray();
        var byName = resources.ToDictionary(r => r!["name"]!.GetValue<string>(), r => r!.ToJsonString());
        // The hash is the one that every Kubernetes API server publishes for pods.
        Assert.Equal(
            """{"name":"pods","singularName":"pod","namespaced":true,"kind":"Pod","verbs":["create","delete","deletecollection","get","list","patch","update","watch"],"shortNames":["po"],"categories":["all"],"storageVersionHash":"xPOwRZ+Yhw8="}""",
            byName["pods"].Replace("\\u002B", "+", StringComparison.Ordinal));
        Assert.Equal(
            """{"name":"pods/eviction","singularName":"","namespaced":true,"group":"policy","version":"v1","kind":"Eviction","verbs":["create"]}""",
            byName["pods/eviction"]);
        Assert.Equal("""{"name":"pods/log","singularName":"","namespaced":true,"kind":"Pod","verbs":["get"]}""", byName["pods/log"]);
        Assert.Equal("""{"name":"bindings","singularName":"binding","namespaced":true,"kind":"Binding","verbs":["create"]}""", byName["bindings"]);
        Assert.Null(Discovery.Resources("apps", "v2"));
    }

    [Theory]
    [InlineData("v2")]
    [InlineData("v2beta1")]
    public void TheAggregatedFormSaysTheSame(string version)
    {
        var apps = Parse(Discovery.Aggregated(core: false, version));
        Assert.Equal($"apidiscovery.k8s.io/{version}", apps["apiVersion"]!.GetValue<string>());
        var group = apps["items"]!.AsArray().Single(i => i!["metadata"]!["name"]!.GetValue<string>() == "apps")!;
        var deployments = group["versions"]![0]!["resources"]!.AsArray().Single(r => r!["resource"]!.GetValue<string>() == "deployments")!;
        Assert.Equal(
            """{"subresource":"scale","responseKind":{"group":"autoscaling","version":"v1","kind":"Scale"},"verbs":["get","patch","update"]}""",
            deployments["subresources"]![0]!.ToJsonString());
        Assert.Equal("Namespaced", deployments["scope"]!.GetValue<string>());
        Assert.Equal("Current", group["versions"]![0]!["freshness"]!.GetValue<string>());

        var core = Parse(Discovery.Aggregated(core: true, version))["items"]!.AsArray();
        Assert.Single(core);
        Assert.Equal("Cluster", core[0]!["versions"]![0]!["resources"]!.AsArray().Single(r => r!["resource"]!.GetValue<string>() == "nodes")!["scope"]!.GetValue<string>());
    }

    private static JsonNode Parse(byte[] json) => JsonNode.Parse(json)!;
}
