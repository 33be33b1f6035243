using CloudPlane.Client;
using CloudPlane.Controllers.Tests;

namespace CloudPlane.Simulation.Tests;

/// <summary>Whole control planes under seeded faults. A failure names its seed: run that one alone to see the same again.</summary>
public class ConvergenceTests
{
    /// <summary>The same simulation on the fast fake and (fewer seeds) on the real request pipeline.</summary>
    public static TheoryData<string> Servers => ["fake", "real"];

    private static readonly Faults Harsh = new() { CrashBefore = 0.05, CrashAfter = 0.05, Duplicate = 0.1, Delay = 0.1 };

    [Theory]
    [MemberData(nameof(Servers))]
    public void RolloutsStayInTheirBoundsWhateverCrashes(string server) => ForSeeds(server, 40, seed =>
    {
        var random = new Random(seed);
        var replicas = random.Next(1, 9);
        var surge = random.Next(0, 4);
        var unavailable = surge == 0 ? random.Next(1, 4) : random.Next(0, 4);
        var cluster = Cluster(server, seed, Harsh);
        _ = new SimulatedNodes(cluster, seed, 3);
        cluster.Create(Manifests.Deployment("web", replicas, strategy: Rolling(surge, unavailable)), "apps/deployments");
        var bounds = new RolloutBounds(cluster, replicas, surge, Math.Min(unavailable, replicas));
        cluster.Run(TimeSpan.FromSeconds(30));
        foreach (var image in new[] { "v2", "v3", "v1" })
        {
            SetImage(cluster, image);
            // Sometimes the next template comes before the last one has rolled out.
            cluster.Run(TimeSpan.FromSeconds(random.Next(2, 60)));
            if (random.Next(3) == 0)
            {
                cluster.Restart();
            }
        }
        cluster.Run(TimeSpan.FromMinutes(8), TimeSpan.FromSeconds(2));
        AssertConverged(cluster, replicas, "v1");
        Assert.Empty(bounds.Violations);
    });

    [Theory]
    [MemberData(nameof(Servers))]
    public void OverlappingRunsOvershootNothing(string server) => ForSeeds(server, 40, seed =>
    {
        var cluster = Cluster(server, seed, Harsh with { Overlap = 0.5, Duplicate = 0.5, Delay = 0 });
        _ = new SimulatedNodes(cluster, seed, 3);
        cluster.Create(Manifests.Deployment("web", 6), "apps/deployments");
        var bounds = new RolloutBounds(cluster, 6, 2, 1);
        cluster.Run(TimeSpan.FromMinutes(2));
        Assert.Equal(6, bounds.MostPods);
        AssertConverged(cluster, 6, "v1");
    });

    [Theory]
    [MemberData(nameof(Servers))]
    public void DyingNodesCostNoReplicasInTheEnd(string server) => ForSeeds(server, 25, seed =>
    {
        var random = new Random(seed);
        var cluster = Cluster(server, seed, Harsh);
        var nodes = new SimulatedNodes(cluster, seed, 4);
        cluster.Create(Manifests.Deployment("web", 6), "apps/deployments");
        cluster.Create(Manifests.Service("web", "web"), "services");
        cluster.Run(TimeSpan.FromSeconds(30));
        for (var round = 0; round < 3; round++)
        {
            var victim = $"n{random.Next(2, 5)}";
            nodes.Kill(victim);
            SetImage(cluster, $"r{round}");
            cluster.Run(TimeSpan.FromSeconds(random.Next(20, 200)));
            if (random.Next(2) == 0)
            {
                nodes.Revive(victim);
            }
            if (random.Next(3) == 0)
            {
                cluster.Restart();
            }
        }
        // Whoever is still dead is taken out for good.
        foreach (var dead in nodes.Dead.ToList())
        {
            cluster.Delete<Node>("", dead, "Background");
        }
        cluster.Run(TimeSpan.FromMinutes(10), TimeSpan.FromSeconds(2));
        AssertConverged(cluster, 6, "r2");
        var endpoints = cluster.List<EndpointSlice>().SelectMany(slice => slice.Endpoints ?? []).ToList();
        Assert.Equal(
            cluster.List<Pod>().Select(pod => pod.Metadata.Uid).Order(),
            endpoints.Where(endpoint => endpoint.Conditions!.Ready == true).Select(endpoint => endpoint.TargetRef!.Uid).Order());
        var networks = cluster.List<Node>().Select(node => node.Spec!.PodCIDR).ToList();
        Assert.Equal(networks.Count, networks.Distinct().Count());
    });

    [Theory]
    [MemberData(nameof(Servers))]
    public void NothingLeaksWhenEverythingIsDeleted(string server) => ForSeeds(server, 25, seed =>
    {
        var random = new Random(seed);
        var cluster = Cluster(server, seed, Harsh with { Overlap = 0.2 });
        _ = new SimulatedNodes(cluster, seed, 2);
        cluster.Create("""{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"shop"} }""", "namespaces");
        for (var i = 0; i < 4; i++)
        {
            var shop = random.Next(2) == 0;
            cluster.Create(In(shop, Manifests.Deployment($"d{i}", random.Next(1, 5))), "apps/deployments");
            cluster.Create(In(shop, Manifests.Service($"d{i}", $"d{i}")), "services");
        }
        cluster.Run(TimeSpan.FromSeconds(random.Next(1, 20)));
        cluster.Delete<Namespace>("", "shop");
        cluster.Run(TimeSpan.FromSeconds(random.Next(0, 5)));
        foreach (var deployment in cluster.List<Deployment>("default"))
        {
            cluster.Delete<Deployment>("default", deployment.Metadata.Name!, random.Next(2) == 0 ? "Foreground" : "Background");
        }
        foreach (var service in cluster.List<Service>("default"))
        {
            cluster.Delete<Service>("default", service.Metadata.Name!);
        }
        cluster.Run(TimeSpan.FromMinutes(5), TimeSpan.FromSeconds(2));
        Assert.Null(cluster.Find<Namespace>("", "shop"));
        Assert.Empty(cluster.List<Deployment>());
        Assert.Empty(cluster.List<ReplicaSet>());
        Assert.Empty(cluster.List<Pod>());
        Assert.Empty(cluster.List<EndpointSlice>());
        Assert.DoesNotContain(cluster.List<Event>(), e => e.Metadata.Namespace == "shop");
    });

    [Fact]
    public void TheSameSeedDoesTheSame()
    {
        Assert.Equal(Trace(7), Trace(7));
        Assert.NotEqual(Trace(7), Trace(8));

        static List<string> Trace(int seed)
        {
            var cluster = new SimulatedCluster(seed, Harsh);
            _ = new SimulatedNodes(cluster, seed, 3);
            cluster.Create(Manifests.Deployment("web", 4), "apps/deployments");
            cluster.Run(TimeSpan.FromSeconds(60));
            return cluster.Calls;
        }
    }

    private static SimulatedCluster Cluster(string server, int seed, Faults faults) =>
        new(seed, faults, server: server == "real" ? (time, random) => new RealServer(time, random) : null);

    private static void ForSeeds(string server, int count, Action<int> simulate)
    {
        count = server == "real" ? Math.Max(count / 8, 1) : count;
        // CLOUDPLANE_SEED=n repeats one; otherwise the same seeds every time, so that a failure is the change's own.
        var only = Environment.GetEnvironmentVariable("CLOUDPLANE_SEED");
        var seeds = only is null ? Enumerable.Range(1, count) : [int.Parse(only, System.Globalization.CultureInfo.InvariantCulture)];
        Parallel.ForEach(seeds, new ParallelOptions { MaxDegreeOfParallelism = 2 }, seed =>
        {
            try
            {
                simulate(seed);
            }
            catch (Exception error)
            {
                throw new InvalidOperationException($"seed {seed} (CLOUDPLANE_SEED={seed} repeats it): {error.Message}", error);
            }
        });
    }

    private static void AssertConverged(SimulatedCluster cluster, int replicas, string image)
    {
        var pods = cluster.List<Pod>();
        Assert.Equal(replicas, pods.Count);
        Assert.All(pods, pod => Assert.Equal((image, true), (pod.Spec!.Containers![0].Image, pod.Status!.Conditions!.Any(c => c is { Type: "Ready", Status: "True" }))));
        var deployment = cluster.Get<Deployment>("default", "web");
        Assert.Equal((replicas, replicas), (deployment.Status!.Replicas ?? 0, deployment.Status.AvailableReplicas ?? 0));
        Assert.Equal("NewReplicaSetAvailable", deployment.Status.Conditions!.Single(condition => condition.Type == "Progressing").Reason);
        Assert.Single(cluster.List<ReplicaSet>(), set => set.Spec!.Replicas > 0);
    }

    private static string Rolling(int surge, int unavailable) =>
        $$"""{"type":"RollingUpdate","rollingUpdate":{"maxSurge":{{surge}},"maxUnavailable":{{unavailable}} } }""";

    private static string In(bool shop, string manifest) => shop ? manifest.Replace("\"default\"", "\"shop\"") : manifest;

    private static void SetImage(SimulatedCluster cluster, string image) => cluster.Change<Deployment>("default", "web", deployment =>
    {
        var template = deployment.Spec!.Template!;
        var containers = new[] { template.Spec!.Containers![0] with { Image = image } };
        return deployment with { Spec = deployment.Spec with { Template = template with { Spec = template.Spec with { Containers = containers } } } };
    });
}
