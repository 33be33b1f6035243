using CloudPlane.Client;

namespace CloudPlane.Controllers.Tests;

public class EndpointSliceTests
{
    private readonly SimulatedCluster _cluster = new();

    public EndpointSliceTests() => _ = new SimulatedNodes(_cluster, 5, 3);

    [Fact]
    public void AServicesReadyPodsAreItsEndpoints()
    {
        _cluster.Create(Manifests.Service("web", "web"), "services");
        _cluster.Run(TimeSpan.FromSeconds(1));
        var empty = Assert.Single(_cluster.List<EndpointSlice>());
        Assert.Empty(empty.Endpoints ?? []);

        _cluster.Create(Manifests.Deployment("web", 3), "apps/deployments");
        _cluster.Run(TimeSpan.FromSeconds(15));
        var slice = Assert.Single(_cluster.List<EndpointSlice>());
        Assert.Matches("^web-[a-z0-9]{5}$", slice.Metadata.Name);
        Assert.Equal("web", slice.Metadata.Labels!["kubernetes.io/service-name"]);
        Assert.Equal("endpointslice-controller.k8s.io", slice.Metadata.Labels["endpointslice.kubernetes.io/managed-by"]);
        Assert.False(slice.Metadata.Labels.ContainsKey("service.kubernetes.io/headless"));
        Assert.Equal(("http", 8080, "TCP"), (slice.Ports![0].Name, slice.Ports[0].Port, slice.Ports[0].Protocol));
        Assert.Equal(3, slice.Endpoints!.Count);
        Assert.All(slice.Endpoints, endpoint =>
        {
            Assert.Equal((true, true, false), (endpoint.Conditions!.Ready, endpoint.Conditions.Serving, endpoint.Conditions.Terminating));
            Assert.Equal(_cluster.Get<Pod>("default", endpoint.TargetRef!.Name!).Status!.PodIP, Assert.Single(endpoint.Addresses!));
            Assert.NotNull(endpoint.NodeName);
        });

        _cluster.Delete<Service>("default", "web");
        _cluster.Run(TimeSpan.FromSeconds(2));
        Assert.Empty(_cluster.List<EndpointSlice>());
    }

    [Fact]
    public void ATerminatingPodServesButIsNotReady()
    {
        _cluster.Create(Manifests.Service("web", "web"), "services");
        _cluster.Create(Manifests.Deployment("web", 1), "apps/deployments");
        _cluster.Run(TimeSpan.FromSeconds(15));
        _cluster.Delete<Pod>("default", _cluster.List<Pod>()[0].Metadata.Name!);
        _cluster.Settle();
        var going = _cluster.List<EndpointSlice>()[0].Endpoints!.Single(endpoint => endpoint.Conditions!.Terminating == true);
        Assert.Equal((false, true), (going.Conditions!.Ready, going.Conditions.Serving));
    }

    [Fact]
    public void SlicesHoldAHundredAndKeepTheirEndpoints()
    {
        var service = Service("a");
        var groups = DesiredEndpoints.Of(service, Pods(250), Nodes(), "IPv4");
        var plan = SlicePlan.Make(service, [], [], groups, "IPv4");
        Assert.Equal([100, 100, 50], plan.Create.Select(slice => slice.Endpoints!.Count));
        Assert.Equal(plan.Create.Select(slice => slice.Metadata.Name), SlicePlan.Make(service, [], [], groups, "IPv4").Create.Select(slice => slice.Metadata.Name));

        var names = plan.Create.Select(slice => slice.Metadata.Name!);
        var same = SlicePlan.Make(service, plan.Create, names, groups, "IPv4");
        Assert.Equal((0, 0, 0), (same.Create.Count, same.Update.Count, same.Delete.Count));

        // One pod gone: only its slice changes.
        var fewer = SlicePlan.Make(service, plan.Create, names, DesiredEndpoints.Of(service, Pods(250).Where((_, i) => i != 120), Nodes(), "IPv4"), "IPv4");
        Assert.Equal((0, 1, 0), (fewer.Create.Count, fewer.Update.Count, fewer.Delete.Count));

        var none = SlicePlan.Make(service, plan.Create, names, [], "IPv4");
        Assert.Equal(3, none.Delete.Count + none.Update.Count);
        Assert.Single(none.Create);
    }

    [Fact]
    public void ANamedPortIsLookedUpInEachPod()
    {
        var service = Service("web") with
        {
            Spec = Service("web").Spec! with { Ports = [new ServicePort { Name = "http", Port = 80, TargetPort = "web" }] },
        };
        Pod[] pods = [PodWithPort(0, 8080), PodWithPort(1, 9090), Pods(3)[2]];
        var groups = DesiredEndpoints.Of(service, pods, Nodes(), "IPv4");
        Assert.Equal([8080, 9090], groups.Select(group => group.Ports.Single().Port!.Value));
    }

    private static ReplicaSnapshot<Node> Nodes() => new Replica<Node>(new FakeStore()).Snapshot;

    private static Service Service(string name) => new()
    {
        Metadata = new ObjectMeta { Name = name, Namespace = "default", Uid = "u" },
        Spec = new ServiceSpec { ClusterIP = "10.96.0.9", Selector = new Dictionary<string, string> { ["a"] = "b" }, Ports = [new ServicePort { Port = 80 }] },
    };

    private static List<Pod> Pods(int count) => [.. Enumerable.Range(0, count).Select(i => new Pod
    {
        Metadata = new ObjectMeta { Name = $"p{i}", Namespace = "default", Uid = $"u{i}" },
        Status = new PodStatus { Phase = "Running", PodIP = $"10.244.{i / 250}.{i % 250}", Conditions = [new PodCondition { Type = "Ready", Status = "True" }] },
    })];

    private static Pod PodWithPort(int index, int port) => Pods(index + 1)[index] with
    {
        Spec = new PodSpec { Containers = [new Container { Ports = [new ContainerPort { Name = "web", Port = port }] }] },
    };
}
