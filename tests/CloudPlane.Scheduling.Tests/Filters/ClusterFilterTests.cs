using CloudPlane.Client;

namespace CloudPlane.Scheduling.Tests;

public sealed class ClusterFilterTests
{
    private const string Host = "kubernetes.io/hostname";
    private const string Zone = "topology.kubernetes.io/zone";

    private static readonly Node[] Nodes = [InZone("n1", "a"), InZone("n2", "a"), InZone("n3", "b")];

    [Fact]
    public void Anti_affinity_keeps_pods_of_a_kind_apart()
    {
        var web = Labelled("web").With(Avoiding(Host));
        Assert.Equal("n3", Cluster.Decide(web, Nodes, On("n1"), On("n2")).NodeName);
        Assert.StartsWith(
            "0/3 nodes are available: 3 node(s) didn't match pod anti-affinity rules. preemption: 0/3 nodes are available: 3 No preemption victims",
            Cluster.Decide(web, Nodes, On("n1"), On("n2"), On("n3")).Message, StringComparison.Ordinal);
        Assert.Equal("n3", Cluster.Decide(Labelled("web").With(Avoiding(Zone)), Nodes, On("n1")).NodeName);
        Assert.NotNull(Cluster.Decide(web, Nodes, On("n1", app: "db"), On("n2", app: "db"), On("n3", app: "db")).NodeName);
    }

    [Fact]
    public void Pods_that_are_there_keep_others_away()
    {
        Pod[] placed = [On("n1").With(Avoiding(Zone)), On("n3", app: "db")];
        Assert.Equal("n3", Cluster.Decide(Labelled("web"), Nodes, placed).NodeName);
        Assert.StartsWith(
            "0/1 nodes are available: 1 node(s) didn't satisfy existing pods anti-affinity rules.",
            Cluster.Decide(Labelled("web"), [Nodes[0]], placed).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Affinity_joins_and_the_first_of_a_group_starts_anywhere()
    {
        var web = Labelled("web").With(Seeking("web", Zone));
        Assert.NotNull(Cluster.Decide(web, Nodes).NodeName);
        Assert.Equal("n3", Cluster.Decide(web, Nodes, On("n3")).NodeName);
        Assert.StartsWith(
            "0/3 nodes are available: 3 node(s) didn't match pod affinity rules. preemption: 0/3 nodes are available: 3 Preemption is not helpful",
            Cluster.Decide(Labelled("web").With(Seeking("db", Zone)), Nodes, On("n1")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Affinity_stays_in_the_namespace_unless_it_says_otherwise()
    {
        var other = On("n3");
        other = other with { Metadata = other.Metadata with { Namespace = "prod" } };
        Assert.NotEqual("n3", Cluster.Decide(Labelled("web").With(Seeking("web", Zone)), Nodes, other, On("n1")).NodeName);
        var everywhere = Labelled("web").With(Seeking("web", Zone, t => t with { Namespaces = ["prod"] }));
        Assert.Equal("n3", Cluster.Decide(everywhere, Nodes, other, On("n1")).NodeName);
        var selected = Labelled("web").With(Seeking("web", Zone, t => t with { NamespaceSelector = new() { MatchLabels = new Dictionary<string, string> { ["env"] = "p" } } }));
        var prod = new Namespace { Metadata = new() { Name = "prod", Labels = new Dictionary<string, string> { ["env"] = "p" } } };
        Assert.Equal("n3", new Placement(new Random(1)).Decide(new PodInfo(selected), Cluster.View(Nodes, [other, On("n1")], prod)).NodeName);
    }

    [Fact]
    public void Spread_constraints_bound_the_skew()
    {
        var web = Labelled("web").With(Spread(Zone, "DoNotSchedule"));
        Assert.Equal("n3", Cluster.Decide(web, Nodes, On("n1")).NodeName);
        Assert.NotNull(Cluster.Decide(web, Nodes, On("n1"), On("n3")).NodeName);
        Assert.StartsWith(
            "0/4 nodes are available: 1 node(s) didn't match pod topology spread constraints (missing required label), 1 node(s) were unschedulable, "
            + "2 node(s) didn't match pod topology spread constraints.",
            Cluster.Decide(web, [Nodes[0], Nodes[1], Cordoned(Nodes[2]), Make.Node("n4")], On("n1")).Message, StringComparison.Ordinal);
        Assert.Equal("n3", Cluster.Decide(Labelled("web").With(Spread(Zone, "ScheduleAnyway")), Nodes, On("n1"), On("n2"), On("n3", "db"), On("n3", "db")).NodeName);
    }

    [Fact]
    public void Too_few_domains_count_as_an_empty_one()
    {
        var web = Labelled("web").With(Spread(Zone, "DoNotSchedule", minDomains: 3));
        Assert.Null(Cluster.Decide(web, Nodes, On("n1"), On("n3")).NodeName);
    }

    [Fact]
    public void Preferred_terms_weigh()
    {
        var term = new WeightedPodAffinityTerm { Weight = 100, PodAffinityTerm = Term("web", Zone) };
        var near = Labelled("web").With(s => s with { Affinity = new() { PodAffinity = new() { PreferredDuringSchedulingIgnoredDuringExecution = [term] } } });
        var far = Labelled("web").With(s => s with { Affinity = new() { PodAntiAffinity = new() { PreferredDuringSchedulingIgnoredDuringExecution = [term] } } });
        Assert.Equal("n3", Cluster.Decide(near, Nodes, On("n3")).NodeName);
        Assert.NotEqual("n3", Cluster.Decide(far, Nodes, On("n3")).NodeName);
    }

    private static Node InZone(string name, string zone) => Make.Node(name, labels: new() { [Host] = name, [Zone] = zone });

    private static Node Cordoned(Node node) => node with { Spec = new() { Unschedulable = true } };

    private static Pod Labelled(string app, string name = "p") =>
        Make.Pod(name, "10m") is var pod ? pod with { Metadata = pod.Metadata with { Labels = new Dictionary<string, string> { ["app"] = app } } } : pod;

    private static Pod On(string node, string app = "web") => Labelled(app, $"{app}-{node}-{Guid.NewGuid()}").With(s => s with { NodeName = node });

    private static Func<PodSpec, PodSpec> Avoiding(string key) =>
        s => s with { Affinity = new() { PodAntiAffinity = new() { RequiredDuringSchedulingIgnoredDuringExecution = [Term("web", key)] } } };

    private static Func<PodSpec, PodSpec> Seeking(string app, string key, Func<PodAffinityTerm, PodAffinityTerm>? change = null) =>
        s => s with { Affinity = new() { PodAffinity = new() { RequiredDuringSchedulingIgnoredDuringExecution = [change?.Invoke(Term(app, key)) ?? Term(app, key)] } } };

    private static PodAffinityTerm Term(string app, string key) => new() { TopologyKey = key, LabelSelector = Selector(app) };

    private static LabelSelector Selector(string app) => new() { MatchLabels = new Dictionary<string, string> { ["app"] = app } };

    private static Func<PodSpec, PodSpec> Spread(string key, string when, int? minDomains = null) =>
        s => s with { TopologySpreadConstraints = [new() { TopologyKey = key, MaxSkew = 1, WhenUnsatisfiable = when, LabelSelector = Selector("web"), MinDomains = minDomains }] };
}
