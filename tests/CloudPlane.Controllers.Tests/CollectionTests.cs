using CloudPlane.Client;

namespace CloudPlane.Controllers.Tests;

public class CollectionTests
{
    private readonly SimulatedCluster _cluster = new();

    public CollectionTests() => _ = new SimulatedNodes(_cluster, 5, 2);

    [Fact]
    public void ForegroundDeletionWaitsForDependents()
    {
        _cluster.Create(Manifests.Deployment("web", 2), "apps/deployments");
        _cluster.Run(TimeSpan.FromSeconds(15));
        var order = new List<string>();
        _cluster.OnChange = () => order.Add(
            _cluster.Find<Deployment>("default", "web") is not null ? "deployment" : _cluster.List<ReplicaSet>().Count > 0 || _cluster.List<Pod>().Count > 0 ? "leftovers" : "nothing");
        _cluster.Delete<Deployment>("default", "web", "Foreground");
        _cluster.Run(TimeSpan.FromSeconds(20));
        Assert.Equal("nothing", order[^1]);
        Assert.DoesNotContain("leftovers", order);
    }

    [Fact]
    public void OrphansStayAndAreAdoptedAgain()
    {
        _cluster.Create(Manifests.Deployment("web", 2), "apps/deployments");
        _cluster.Run(TimeSpan.FromSeconds(15));
        var set = Assert.Single(_cluster.List<ReplicaSet>());
        _cluster.Delete<Deployment>("default", "web", "Orphan");
        _cluster.Run(TimeSpan.FromSeconds(5));
        Assert.Null(_cluster.Find<Deployment>("default", "web"));
        Assert.Null(Assert.Single(_cluster.List<ReplicaSet>()).Metadata.OwnerReferences);

        _cluster.Create(Manifests.Deployment("web", 2), "apps/deployments");
        _cluster.Run(TimeSpan.FromSeconds(5));
        var adopted = Assert.Single(_cluster.List<ReplicaSet>());
        Assert.Equal(set.Metadata.Uid, adopted.Metadata.Uid);
        Assert.True(Owners.IsControlledBy(adopted.Metadata, _cluster.Get<Deployment>("default", "web").Metadata.Uid));
        Assert.Equal(2, _cluster.List<Pod>().Count);
    }

    [Fact]
    public void AnObjectOfAGoneOwnerIsDeletedAndOneWithAnotherOwnerIsKept()
    {
        _cluster.Create(ConfigMap("owner", ""), "configmaps");
        var owner = _cluster.Get<ConfigMap>("default", "owner").Metadata.Uid;
        _cluster.Create(ConfigMap("both", $$"""{"apiVersion":"v1","kind":"ConfigMap","name":"owner","uid":"{{owner}}"},{{Gone}}"""), "configmaps");
        _cluster.Create(ConfigMap("gone", Gone), "configmaps");
        _cluster.Create(ConfigMap("replaced", """{"apiVersion":"v1","kind":"ConfigMap","name":"owner","uid":"another"}"""), "configmaps");
        _cluster.Create(ConfigMap("foreign", """{"apiVersion":"example.com/v1","kind":"Thing","name":"x","uid":"unknown"}"""), "configmaps");
        _cluster.Run(TimeSpan.FromSeconds(2));
        Assert.Equal(["both", "foreign", "owner"], _cluster.List<ConfigMap>("default").Select(map => map.Metadata.Name));
        Assert.Equal(owner, Assert.Single(_cluster.Get<ConfigMap>("default", "both").Metadata.OwnerReferences!).Uid);
    }

    [Fact]
    public void OwnersInACircleAreDeletedTogether()
    {
        _cluster.Create(ConfigMap("a", ""), "configmaps");
        _cluster.Create(ConfigMap("b", Reference("a")), "configmaps");
        _cluster.Change<ConfigMap>("default", "a", a => a with
        {
            Metadata = a.Metadata with { OwnerReferences = [Owners.ControllerReference(_cluster.Get<ConfigMap>("default", "b"))] },
        });
        _cluster.Delete<ConfigMap>("default", "a", "Foreground");
        _cluster.Run(TimeSpan.FromSeconds(5));
        Assert.Empty(_cluster.List<ConfigMap>("default"));
    }

    [Fact]
    public void ANamespaceIsEmptiedAndThenGone()
    {
        _cluster.Create("""{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"shop"}}""", "namespaces");
        _cluster.Run(TimeSpan.FromSeconds(2));
        Assert.NotNull(_cluster.Find<ServiceAccount>("shop", "default"));
        _cluster.Create(Manifests.Deployment("web", 2).Replace("\"default\"", "\"shop\""), "apps/deployments");
        _cluster.Create("""{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"held","namespace":"shop","finalizers":["example.com/mine"]}}""", "configmaps");
        _cluster.Run(TimeSpan.FromSeconds(15));

        _cluster.Delete<Namespace>("", "shop");
        _cluster.Run(TimeSpan.FromSeconds(15));
        var ns = _cluster.Get<Namespace>("", "shop");
        Assert.Equal("Terminating", ns.Status!.Phase);
        Assert.Equal("Some resources are remaining: configmaps. has 1 resource instances", Condition(ns, "NamespaceContentRemaining").Message);
        Assert.Equal(
            "Some content in the namespace has finalizers remaining: example.com/mine in 1 resource instances",
            Condition(ns, "NamespaceFinalizersRemaining").Message);

        _cluster.Change<ConfigMap>("shop", "held", map => map with { Metadata = map.Metadata with { Finalizers = null } });
        _cluster.Run(TimeSpan.FromSeconds(2));
        Assert.Null(_cluster.Find<Namespace>("", "shop"));
        Assert.All(_cluster.Controllers.Router.Resources, resource =>
            Assert.DoesNotContain(_cluster.Documents(resource), value => (string?)value["metadata"]!["namespace"] == "shop"));
        Assert.Empty(_cluster.Errors);
    }

    [Fact]
    public void TheDefaultServiceAccountComesBack()
    {
        _cluster.Run(TimeSpan.FromSeconds(1));
        _cluster.Delete<ServiceAccount>("default", "default");
        _cluster.Run(TimeSpan.FromSeconds(1));
        Assert.NotNull(_cluster.Find<ServiceAccount>("default", "default"));
    }

    [Fact]
    public void TheClusterCaIsPublishedAndKeptAsItIs()
    {
        var cluster = new SimulatedCluster(options: new ControllerOptions { ClusterCaPem = "PEM" });
        cluster.Run(TimeSpan.FromSeconds(1));
        cluster.Change<ConfigMap>("default", "kube-root-ca.crt", map => map with { Data = new Dictionary<string, string> { ["ca.crt"] = "forged" } });
        cluster.Delete<ConfigMap>("kube-system", "kube-root-ca.crt");
        cluster.Run(TimeSpan.FromSeconds(1));
        Assert.Equal("PEM", cluster.Get<ConfigMap>("default", "kube-root-ca.crt").Data!["ca.crt"]);
        Assert.Equal("PEM", cluster.Get<ConfigMap>("kube-system", "kube-root-ca.crt").Data!["ca.crt"]);
    }

    [Fact]
    public void EventsExpireAfterAnHour()
    {
        var cluster = new SimulatedCluster();
        cluster.Create("""{"apiVersion":"v1","kind":"Event","metadata":{"name":"old","namespace":"default"},"reason":"x"}""", "events");
        cluster.Run(TimeSpan.FromMinutes(40), TimeSpan.FromMinutes(1));
        cluster.Create("""{"apiVersion":"v1","kind":"Event","metadata":{"name":"young","namespace":"default"},"reason":"x"}""", "events");
        cluster.Run(TimeSpan.FromMinutes(18), TimeSpan.FromMinutes(1));
        Assert.Equal(2, cluster.List<Event>().Count);
        cluster.Run(TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(1));
        Assert.Equal("young", Assert.Single(cluster.List<Event>()).Metadata.Name);
        cluster.Run(TimeSpan.FromMinutes(45), TimeSpan.FromMinutes(1));
        Assert.Empty(cluster.List<Event>());
    }

    private const string Gone = """{"apiVersion":"v1","kind":"Secret","name":"nobody","uid":"gone"}""";

    private string Reference(string name) =>
        $$"""{"apiVersion":"v1","kind":"ConfigMap","name":"{{name}}","uid":"{{_cluster.Get<ConfigMap>("default", name).Metadata.Uid}}","blockOwnerDeletion":true}""";

    private static string ConfigMap(string name, string owners) =>
        $$"""{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"{{name}}","namespace":"default","ownerReferences":[{{owners}}]} }""";

    private static NamespaceCondition Condition(Namespace ns, string type) => ns.Status!.Conditions!.Single(condition => condition.Type == type);
}
