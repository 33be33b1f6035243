using CloudPlane.Client;

namespace CloudPlane.Scheduling.Tests;

public sealed class FilterTests
{
    private static readonly Pod Plain = Make.Pod("p", "1", "1Gi");

    [Fact]
    public void NodeUnschedulable()
    {
        var filter = new NodeUnschedulableFilter();
        var cordoned = Make.View(Make.Node("n", unschedulable: true));
        Assert.Null(filter.Check(new PodInfo(Plain), Make.View(Make.Node("n"))));
        Assert.Equal(["node(s) were unschedulable"], filter.Check(new PodInfo(Plain), cordoned)!.Reasons);
        var tolerant = Plain.With(s => s with { Tolerations = [new() { Key = "node.kubernetes.io/unschedulable", Operator = "Exists", Effect = "NoSchedule" }] });
        Assert.Null(filter.Check(new PodInfo(tolerant), cordoned));
    }

    [Theory]
    [InlineData("NoSchedule", "k", null, "v", "NoSchedule", true)]
    [InlineData("NoSchedule", "k", "Equal", "v", "", true)]
    [InlineData("NoSchedule", "k", "Equal", "w", "", false)]
    [InlineData("NoSchedule", "k", "Exists", null, "", true)]
    [InlineData("NoSchedule", "", "Exists", null, "", true)]
    [InlineData("NoSchedule", "", "Equal", "", "", false)]
    [InlineData("NoSchedule", "k", "Exists", null, "NoExecute", false)]
    [InlineData("NoExecute", "k", "Exists", null, "NoExecute", true)]
    [InlineData("NoSchedule", "other", "Exists", null, "", false)]
    [InlineData("NoSchedule", "k", "Almost", "v", "", false)]
    [InlineData("PreferNoSchedule", "other", "Exists", null, "", true)]
    public void TaintToleration(string effect, string key, string? op, string? value, string tolerated, bool fits)
    {
        var node = Make.View(Make.Node("n", taints: [new() { Key = "k", Value = "v", Effect = effect }]));
        var pod = Plain.With(s => s with { Tolerations = [new() { Key = key, Operator = op, Value = value, Effect = tolerated }] });
        var rejection = new TaintTolerationFilter().Check(new PodInfo(pod), node);
        Assert.Equal(fits, rejection is null);
        if (!fits) Assert.Equal(["node(s) had untolerated taint {k: v}"], rejection!.Reasons);
    }

    [Fact]
    public void NodeSelector()
    {
        var pod = Plain.With(s => s with { NodeSelector = new Dictionary<string, string> { ["disk"] = "ssd" } });
        var filter = new NodeAffinityFilter();
        Assert.Null(filter.Check(new PodInfo(pod), Make.View(Make.Node("n", labels: new() { ["disk"] = "ssd", ["x"] = "y" }))));
        Assert.Equal(["node(s) didn't match Pod's node affinity/selector"], filter.Check(new PodInfo(pod), Make.View(Make.Node("n", labels: new() { ["disk"] = "hdd" })))!.Reasons);
        Assert.NotNull(filter.Check(new PodInfo(pod), Make.View(Make.Node("n"))));
    }

    [Theory]
    [InlineData("In", "a,b", true)]
    [InlineData("In", "c", false)]
    [InlineData("NotIn", "c", true)]
    [InlineData("NotIn", "a", false)]
    [InlineData("Exists", "", true)]
    [InlineData("DoesNotExist", "", false)]
    [InlineData("Gt", "1", false)]
    public void Required_node_affinity(string op, string values, bool fits)
    {
        var term = new NodeSelectorTerm { MatchExpressions = [new() { Key = "zone", Operator = op, Values = values.Split(',', StringSplitOptions.RemoveEmptyEntries) }] };
        Assert.Equal(fits, Fits(Make.Node("n", labels: new() { ["zone"] = "a" }), term));
    }

    [Fact]
    public void Affinity_terms_are_alternatives_and_an_empty_one_matches_nothing()
    {
        var numeric = new NodeSelectorTerm { MatchExpressions = [new() { Key = "cores", Operator = "Gt", Values = ["3"] }] };
        var byName = new NodeSelectorTerm { MatchFields = [new() { Key = "metadata.name", Operator = "In", Values = ["n"] }] };
        Assert.True(Fits(Make.Node("n", labels: new() { ["cores"] = "4" }), numeric));
        Assert.False(Fits(Make.Node("n", labels: new() { ["cores"] = "3" }), numeric));
        Assert.True(Fits(Make.Node("n"), numeric, byName));
        Assert.False(Fits(Make.Node("m"), numeric, byName));
        Assert.False(Fits(Make.Node("n"), new NodeSelectorTerm()));
        Assert.False(Fits(Make.Node("n")));
    }

    [Theory]
    [InlineData("", "TCP", 80, false)]
    [InlineData("10.0.0.1", "TCP", 80, false)]
    [InlineData("", "UDP", 80, true)]
    [InlineData("", "TCP", 81, true)]
    public void NodePorts(string ip, string protocol, int port, bool fits)
    {
        var node = Make.View(Make.Node("n"), WithPort(null, "TCP", 80));
        var rejection = new NodePortsFilter().Check(new PodInfo(WithPort(ip, protocol, port)), node);
        Assert.Equal(fits, rejection is null);
        if (!fits) Assert.Equal(["node(s) didn't have free ports for the requested pod ports"], rejection!.Reasons);
    }

    [Fact]
    public void Ports_of_different_addresses_do_not_conflict() =>
        Assert.Null(new NodePortsFilter().Check(new PodInfo(WithPort("10.0.0.1", "TCP", 80)), Make.View(Make.Node("n"), WithPort("10.0.0.2", "TCP", 80))));

    [Fact]
    public void NodeResourcesFit()
    {
        var filter = new NodeResourcesFitFilter();
        var half = Make.View(Make.Node("n", cpu: "2", memory: "2Gi"), Make.Pod("a", "1", "1Gi"));
        Assert.Null(filter.Check(new PodInfo(Make.Pod("p", "1", "1Gi")), half));
        var rejection = filter.Check(new PodInfo(Make.Pod("p", "1001m", "1025Mi")), half)!;
        Assert.Equal(["Insufficient cpu", "Insufficient memory"], rejection.Reasons.Order());
        Assert.False(rejection.Unresolvable);
        Assert.True(filter.Check(new PodInfo(Make.Pod("p", "3")), half)!.Unresolvable);
        Assert.Equal(["Too many pods"], filter.Check(new PodInfo(Make.Pod("p")), Make.View(Make.Node("n", pods: "1"), Make.Pod("a")))!.Reasons);
    }

    [Fact]
    public void Finished_pods_take_nothing_and_extended_resources_count()
    {
        var filter = new NodeResourcesFitFilter();
        Assert.Null(filter.Check(new PodInfo(Make.Pod("p", "2")), Make.View(Make.Node("n", cpu: "2"), Make.Pod("a", "2", phase: "Succeeded"), Make.Pod("b", "2", phase: "Failed"))));
        var gpu = Plain.With(s => s with { Containers = [new() { Resources = new() { Limits = Make.Amounts(("example.com/gpu", "1")) } }] });
        Assert.Equal(["Insufficient example.com/gpu"], filter.Check(new PodInfo(gpu), Make.View(Make.Node("n")))!.Reasons);
    }

    private static bool Fits(Node node, params NodeSelectorTerm[] terms)
    {
        var pod = Plain.With(s => s with { Affinity = new() { NodeAffinity = new() { RequiredDuringSchedulingIgnoredDuringExecution = new() { NodeSelectorTerms = terms } } } });
        return new NodeAffinityFilter().Check(new PodInfo(pod), Make.View(node)) is null;
    }

    private static Pod WithPort(string? ip, string protocol, int port) =>
        Plain.With(s => s with { Containers = [new() { Ports = [new() { HostIP = ip, Protocol = protocol, HostPort = port }] }] });
}
