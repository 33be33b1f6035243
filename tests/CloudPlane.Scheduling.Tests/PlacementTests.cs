using CloudPlane.Client;
using FsCheck;
using FsCheck.Fluent;

namespace CloudPlane.Scheduling.Tests;

public sealed class PlacementTests
{
    [Fact]
    public void The_emptier_node_wins() => Assert.Equal("n2", Place(Make.Pod("p", "1"), [Make.Node("n1"), Make.Node("n2")], Make.Pod("a", "2", node: "n1")));

    [Fact]
    public void Pods_that_ask_for_nothing_spread_all_the_same() =>
        Assert.Equal("n2", Place(Make.Pod("p"), [Make.Node("n1"), Make.Node("n2")], Make.Pod("a", node: "n1")));

    [Fact]
    public void Pods_of_an_owner_spread_although_the_node_is_fuller() =>
        Assert.Equal("n2", Place(Make.Pod("p", "100m", owner: "rs"), [Make.Node("n1"), Make.Node("n2")], Make.Pod("a", "100m", node: "n1", owner: "rs"), Make.Pod("b", "1", node: "n2")));

    [Fact]
    public void Preferred_taints_and_affinity_weigh()
    {
        var tainted = Make.Node("n1", taints: [new() { Key = "k", Effect = "PreferNoSchedule" }]);
        Assert.Equal("n2", Place(Make.Pod("p"), [tainted, Make.Node("n2")], Make.Pod("a", "2", node: "n2")));
        var preference = new PreferredSchedulingTerm { Weight = 1, Preference = new() { MatchExpressions = [new() { Key = "ssd", Operator = "Exists" }] } };
        var pod = Make.Pod("p").With(s => s with { Affinity = new() { NodeAffinity = new() { PreferredDuringSchedulingIgnoredDuringExecution = [preference] } } });
        Assert.Equal("n1", Place(pod, [Make.Node("n1", labels: new() { ["ssd"] = "" }), Make.Node("n2")], Make.Pod("a", "2", node: "n1")));
    }

    [Fact]
    public void Equals_are_drawn_and_the_seed_decides()
    {
        var nodes = Enumerable.Range(0, 10).Select(i => Make.Node($"n{i}")).ToArray();
        var first = Enumerable.Range(0, 20).Select(seed => Place(Make.Pod("p"), nodes, seed)).ToArray();
        Assert.Equal(first, Enumerable.Range(0, 20).Select(seed => Place(Make.Pod("p"), nodes, seed)));
        Assert.True(first.Distinct().Count() > 3);
    }

    [Fact]
    public void No_node_is_ever_overcommitted_and_the_choice_is_repeatable() =>
        Prop.ForAll<(byte Cpu, byte Memory)[], (byte Cpu, byte Memory)[], int>((nodeSizes, podSizes, seed) =>
        {
            var nodes = nodeSizes.Select((n, i) => Make.Node($"n{i}", $"{n.Cpu}m", $"{n.Memory}Mi", pods: "5")).ToArray();
            var (once, again) = (PlaceAll(nodes, podSizes, seed), PlaceAll(nodes, podSizes, seed));
            foreach (var node in nodes)
            {
                var placed = once.Where(p => p.Spec!.NodeName == node.Metadata.Name).ToArray();
                Assert.True(placed.Length <= 5);
                Assert.True(Sum(placed, "cpu") <= Quantity.Parse(node.Status!.Allocatable!["cpu"]));
                Assert.True(Sum(placed, "memory") <= Quantity.Parse(node.Status!.Allocatable!["memory"]));
            }
            return once.Select(p => p.Spec!.NodeName).SequenceEqual(again.Select(p => p.Spec!.NodeName));
        }).QuickCheckThrowOnFailure();

    private static List<Pod> PlaceAll(Node[] nodes, (byte Cpu, byte Memory)[] sizes, int seed)
    {
        var placement = new Placement(new Random(seed));
        var pods = new List<Pod>();
        foreach (var (size, i) in sizes.Select((s, i) => (s, i)))
        {
            var pod = Make.Pod($"p{i}", $"{size.Cpu}m", $"{size.Memory}Mi", owner: $"rs{i % 2}");
            pods.Add(pod.With(s => s with { NodeName = placement.Decide(new PodInfo(pod), Cluster.View(nodes, pods)).NodeName }));
        }
        return pods;
    }

    private static Quantity Sum(Pod[] pods, string resource) =>
        pods.Aggregate(Quantity.Zero, (sum, p) => sum + Quantity.Parse(p.Spec!.Containers![0].Resources!.Requests![resource]));

    private static string? Place(Pod pod, Node[] nodes, params Pod[] pods) => new Placement(new Random(1)).Decide(new PodInfo(pod), Cluster.View(nodes, pods)).NodeName;

    private static string? Place(Pod pod, Node[] nodes, int seed) => new Placement(new Random(seed)).Decide(new PodInfo(pod), Cluster.View(nodes, [])).NodeName;
}
