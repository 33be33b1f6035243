using System.Text;
using CloudPlane.Client;

namespace CloudPlane.Controllers.Tests;

public class NodeTests
{
    private readonly SimulatedCluster _cluster = new();
    private readonly SimulatedNodes _nodes;

    public NodeTests() => _nodes = new SimulatedNodes(_cluster, 5, 3);

    [Fact]
    public void EveryNodeGetsANetworkOfItsOwn()
    {
        _cluster.Run(TimeSpan.FromSeconds(2));
        Assert.Equal(["10.244.0.0/24", "10.244.1.0/24", "10.244.2.0/24"], _cluster.List<Node>().Select(node => node.Spec!.PodCIDR).Order());

        _cluster.Delete<Node>("", "n2", "Background");
        var freed = "10.244.1.0/24";
        _cluster.Run(TimeSpan.FromSeconds(2));
        _nodes.Kill("n2");
        _nodes.Join("n4");
        _cluster.Run(TimeSpan.FromSeconds(2));
        Assert.Equal(3, _cluster.List<Node>().Select(node => node.Spec!.PodCIDR).Distinct().Count());
        Assert.Equal(3, _cluster.List<Lease>("kube-system").Count);
        Assert.NotNull(freed);
    }

    [Fact]
    public void WhenNoNodeIsReadyNothingIsEvicted()
    {
        _cluster.Create(Manifests.Deployment("web", 3), "apps/deployments");
        _cluster.Run(TimeSpan.FromSeconds(15));
        var pods = _cluster.List<Pod>().Select(pod => pod.Metadata.Uid).Order().ToList();

        // The first is tainted while the others are still well.
        _nodes.Kill("n1");
        _cluster.Run(TimeSpan.FromSeconds(50));
        Assert.Contains(_cluster.Get<Node>("", "n1").Spec!.Taints!, taint => taint.Effect == "NoExecute");
        _nodes.Kill("n2");
        _nodes.Kill("n3");
        _cluster.Run(TimeSpan.FromMinutes(10));

        Assert.All(_cluster.List<Node>(), node =>
        {
            Assert.Equal("Unknown", NodeTaints.Condition(node, "Ready")!.Status);
            Assert.Equal(["NoSchedule"], node.Spec!.Taints!.Select(taint => taint.Effect));
        });
        Assert.Equal(pods, _cluster.List<Pod>().Where(pod => pod.Metadata.DeletionTimestamp is null).Select(pod => pod.Metadata.Uid).Order());
    }

    [Fact]
    public void WhenMostNodesOfAZoneAreLostNoFurtherOneIsEvicted()
    {
        _nodes.Join("n4");
        _cluster.Run(TimeSpan.FromSeconds(15));
        foreach (var name in (string[])["n1", "n2", "n3"])
            _nodes.Kill(name);
        _cluster.Run(TimeSpan.FromMinutes(2));
        Assert.All(_cluster.List<Node>().Where(node => node.Metadata.Name != "n4"), node => Assert.Equal(["NoSchedule"], node.Spec!.Taints!.Select(taint => taint.Effect)));

        _nodes.Revive("n1");
        _cluster.Run(TimeSpan.FromMinutes(1));
        Assert.All(new[] { "n2", "n3" }, name => Assert.Contains(_cluster.Get<Node>("", name).Spec!.Taints!, taint => taint.Effect == "NoExecute"));
    }

    [Fact]
    public void ALostNodeIsTaintedAndItsPodsAreReplacedElsewhere()
    {
        _cluster.Create(Manifests.Deployment("web", 3), "apps/deployments");
        _cluster.Create(Manifests.Service("web", "web"), "services");
        _cluster.Run(TimeSpan.FromSeconds(15));
        var lostPod = _cluster.List<Pod>().First(pod => pod.Spec!.NodeName == "n2");

        _nodes.Kill("n2");
        _cluster.Run(TimeSpan.FromSeconds(30));
        Assert.Equal("True", NodeTaints.Condition(_cluster.Get<Node>("", "n2"), "Ready")!.Status);

        _cluster.Run(TimeSpan.FromSeconds(20));
        var node = _cluster.Get<Node>("", "n2");
        var ready = NodeTaints.Condition(node, "Ready")!;
        Assert.Equal(("Unknown", "NodeStatusUnknown", "Kubelet stopped posting node status."), (ready.Status, ready.Reason, ready.Message));
        Assert.Equal(["NoExecute", "NoSchedule"], node.Spec!.Taints!.Where(taint => taint.Key == "node.kubernetes.io/unreachable").Select(taint => taint.Effect).Order());
        Assert.Equal("False", _cluster.Get<Pod>("default", lostPod.Metadata.Name!).Condition("Ready")!.Status);
        Assert.False(_cluster.List<EndpointSlice>().Single().Endpoints!.Single(e => e.NodeName == "n2").Conditions!.Ready);
        Assert.Null(_cluster.Get<Pod>("default", lostPod.Metadata.Name!).Metadata.DeletionTimestamp);

        // Its toleration lasts 60 s from the taint.
        _cluster.Run(TimeSpan.FromSeconds(60));
        Assert.NotNull(_cluster.Get<Pod>("default", lostPod.Metadata.Name!).Metadata.DeletionTimestamp);
        Assert.Contains(_cluster.List<Event>(), e => e.Reason == "TaintManagerEviction");
        Assert.Equal(3, _cluster.List<Pod>().Count(pod => pod.IsActive() && pod.IsReady() && pod.Spec!.NodeName != "n2"));

        _nodes.Revive("n2");
        _cluster.Run(TimeSpan.FromSeconds(20));
        Assert.Empty(_cluster.Get<Node>("", "n2").Spec!.Taints ?? []);
        Assert.Equal(3, _cluster.List<Pod>().Count);
        Assert.Empty(_cluster.Errors);
    }

    [Fact]
    public void ShortSilencesAndLateRenewalsAreForgiven()
    {
        _cluster.Run(TimeSpan.FromSeconds(5));
        for (var i = 0; i < 5; i++)
        {
            _nodes.Kill("n1");
            _cluster.Run(TimeSpan.FromSeconds(25));
            _nodes.Revive("n1");
            _cluster.Run(TimeSpan.FromSeconds(5));
        }
        Assert.DoesNotContain(_cluster.List<Event>(), e => e.Reason == "NodeNotReady");
    }

    [Fact]
    public void ANewInstanceGivesEveryNodeItsGraceAnew()
    {
        _cluster.Run(TimeSpan.FromSeconds(5));
        // Nobody answered for ten minutes; the nodes are fine and renew soon after the restart.
        _cluster.Time.Advance(TimeSpan.FromMinutes(10));
        _cluster.Restart();
        foreach (var name in new[] { "n1", "n2" })
        {
            _nodes.Kill(name);
        }
        _cluster.Run(TimeSpan.FromSeconds(30));
        _nodes.Revive("n1");
        _cluster.Run(TimeSpan.FromSeconds(15));
        Assert.Equal("True", NodeTaints.Condition(_cluster.Get<Node>("", "n1"), "Ready")!.Status);
        Assert.Equal("Unknown", NodeTaints.Condition(_cluster.Get<Node>("", "n2"), "Ready")!.Status);
    }

    [Fact]
    public void ANodeThatCannotBeWrittenHidesNoOtherOnesSilence()
    {
        var cluster = new SimulatedCluster(server: (time, random) => new Refusing(new FakeApi(time, random), "/api/v1/nodes/n1/status"));
        var nodes = new SimulatedNodes(cluster, 5, 3);
        cluster.Run(TimeSpan.FromSeconds(5));
        nodes.Kill("n1");
        // The back-off has reached its longest, 20 s here.
        cluster.Run(TimeSpan.FromMinutes(3));
        Assert.NotEmpty(cluster.Errors);
        foreach (var seconds in new[] { 61, 64, 67, 70 })
        {
            nodes.Revive("n2");
            cluster.Run(TimeSpan.FromSeconds(seconds));
            nodes.Kill("n2");
            var heard = cluster.Get<Lease>("kube-node-lease", "n2").Spec!.RenewTime!.Value;
            cluster.Run(heard.AddSeconds(41) - cluster.Time.Now);
            Assert.Equal("Unknown", NodeTaints.Condition(cluster.Get<Node>("", "n2"), "Ready")!.Status);
        }
    }

    [Fact]
    public async Task TheKeyOfASingleNodeThatAnOlderVersionArmedEndsHere()
    {
        _cluster.Run(TimeSpan.FromSeconds(5));
        var controller = _cluster.Controllers.Registrations.Single(registration => registration.Reconciler.Name == NodeWatch.Controller).Reconciler;
        Assert.NotNull((await controller.ReconcileAsync(new ReconcileKey("default", NodeWatch.Key.Namespace, NodeWatch.Key.Name), default)).RequeueAfter);
        Assert.Equal(ReconcileResult.Done, await controller.ReconcileAsync(new ReconcileKey("default", "", "n1"), default));
    }

    [Theory]
    // All renewed at the last heartbeat: the next multiple of the grace period, rounded up to heartbeats.
    [InlineData("00:15:10", "00:27:00", "00:30:00")]
    [InlineData("00:07:00", "00:17:00", "00:15:00")]
    [InlineData("00:15:00", "00:27:00", "00:30:00")]
    // One has yet to renew, a little late: if it never does, the rare look would come 7:49 after it was to be given up.
    [InlineData("00:15:10", "00:22:11", "00:25:00")]
    // One has missed a heartbeat: the heartbeat at or after the moment at which it is given up.
    [InlineData("00:15:10", "00:22:00", "00:25:00")]
    [InlineData("00:15:10", "00:20:00", "00:20:00")]
    public void LooksAreRareWhileAllNodesRenewInTime(string now, string deadline, string next)
    {
        var options = new ControllerOptions { NodeLookPeriod = TimeSpan.FromMinutes(5), NodeMonitorGracePeriod = TimeSpan.FromMinutes(12) };
        var midnight = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        var look = NodeWatch.NextLook(midnight + TimeSpan.Parse(deadline), midnight + TimeSpan.Parse(now), options);
        Assert.Equal(midnight + TimeSpan.Parse(next) + NodeWatch.Settling, look);
    }

    [Fact]
    public void WithoutAPeriodTheNextLookIsWhenTheFirstLeaseRunsOut()
    {
        var deadline = new DateTimeOffset(2026, 1, 1, 0, 0, 37, TimeSpan.Zero);
        Assert.Equal(deadline, NodeWatch.NextLook(deadline, deadline.AddSeconds(-33), new ControllerOptions()));
    }

    [Theory]
    [InlineData(null, 0, true)]
    [InlineData(0, 10, false)]
    [InlineData(0, 39, false)]
    [InlineData(0, 40, true)]
    [InlineData(0, null, true)]
    public void ARenewalInTimeWakesNobody(int? before, int? now, bool isReturn)
    {
        static Lease? At(int? second) => second is { } at
            ? new Lease { Metadata = new() { Namespace = "kube-node-lease", Name = "n1" }, Spec = new() { RenewTime = DateTimeOffset.UnixEpoch.AddSeconds(at) } }
            : null;
        Assert.Equal(isReturn, NodeHealth.IsReturn(new ObjectChange<Lease>(At(before), At(now)), new ControllerOptions()));
    }

    [Fact]
    public void PodsOfADeletedNodeAreRemoved()
    {
        _cluster.Create(Manifests.Deployment("web", 3), "apps/deployments");
        _cluster.Run(TimeSpan.FromSeconds(15));
        _nodes.Kill("n3");
        _cluster.Delete<Node>("", "n3", "Background");
        _cluster.Run(TimeSpan.FromSeconds(30));
        Assert.Contains(_cluster.List<Pod>(), pod => pod.Spec!.NodeName == "n3");
        _cluster.Run(TimeSpan.FromSeconds(30));
        Assert.DoesNotContain(_cluster.List<Pod>(), pod => pod.Spec!.NodeName == "n3");
        Assert.Equal(3, _cluster.List<Pod>().Count(pod => pod.IsReady()));
    }

    [Fact]
    public void ACordonedNodeIsTaintedUntilUncordoned()
    {
        _cluster.Run(TimeSpan.FromSeconds(1));
        _cluster.Change<Node>("", "n1", node => node with { Spec = node.Spec! with { Unschedulable = true } });
        _cluster.Run(TimeSpan.FromSeconds(1));
        Assert.Contains(_cluster.Get<Node>("", "n1").Spec!.Taints!, taint => taint is { Key: "node.kubernetes.io/unschedulable", Effect: "NoSchedule" });
        _cluster.Change<Node>("", "n1", node => node with { Spec = node.Spec! with { Unschedulable = null } });
        _cluster.Run(TimeSpan.FromSeconds(1));
        Assert.Empty(_cluster.Get<Node>("", "n1").Spec!.Taints ?? []);
    }

    [Fact]
    public void ATaintOfTheUsersEvictsAtOnceWhatDoesNotTolerateIt()
    {
        _cluster.Create(Manifests.Deployment("web", 3), "apps/deployments");
        _cluster.Run(TimeSpan.FromSeconds(15));
        _cluster.Change<Node>("", "n1", node => node with { Spec = node.Spec! with { Taints = [new Taint { Key = "mine", Effect = "NoExecute" }] } });
        _cluster.Run(TimeSpan.FromSeconds(15));
        Assert.NotNull(Assert.Single(_cluster.Get<Node>("", "n1").Spec!.Taints!).TimeAdded);
        Assert.All(_cluster.List<Pod>(), pod => Assert.NotEqual("n1", pod.Spec!.NodeName));
        Assert.Equal(3, _cluster.List<Pod>().Count(pod => pod.IsReady()));
    }

    [Theory]
    [InlineData("10.244.0.0/16", 256, "10.244.255.0/24")]
    [InlineData("192.168.4.0/22", 4, "192.168.7.0/24")]
    [InlineData("10.0.1.0/24", 1, "10.0.1.0/24")]
    public void NetworksAreCutIntoNodes(string text, int count, string last)
    {
        var all = PodNetworks.Parse(text).All().ToList();
        Assert.Equal((count, last), (all.Count, all[^1]));
    }

    [Theory]
    [InlineData("10.244.0.0/25")]
    [InlineData("fd00::/16")]
    [InlineData("pods")]
    public void ANetworkThatCannotBeCutIsRefused(string text) => Assert.Throws<FormatException>(() => PodNetworks.Parse(text));

    /// <summary>An API that does not take it that this node is lost.</summary>
    private sealed class Refusing(ISimulatedServer inner, string path) : ISimulatedServer
    {
        public IChangeFeed Feed => inner.Feed;

        public ApiAnswer Send(ApiCall call) =>
            call.Method == "PUT" && call.PathAndQuery == path && Encoding.UTF8.GetString(call.Body.Span).Contains("NodeStatusUnknown", StringComparison.Ordinal)
                ? new ApiAnswer(500, """{"kind":"Status","code":500,"reason":"InternalError","message":"not today"}"""u8.ToArray())
                : inner.Send(call);
    }
}
