using CloudPlane.Client;
using FsCheck;
using FsCheck.Fluent;

namespace CloudPlane.Controllers.Tests;

public class RolloutMathTests
{
    [Theory]
    [InlineData(10, "25%", "25%", 3, 2)]
    [InlineData(1, "25%", "25%", 1, 0)]
    [InlineData(3, "0", "10%", 0, 1)]
    [InlineData(3, "1", "0", 1, 0)]
    [InlineData(2, "0%", "150%", 0, 2)]
    [InlineData(0, "1", "1", 1, 0)]
    public void Fenceposts(int replicas, string surge, string unavailable, int mostExtra, int mostMissing)
    {
        var deployment = Deployment(replicas, surge, unavailable);
        Assert.Equal((mostExtra, mostMissing), (deployment.MaxSurge(), deployment.MaxUnavailable()));
    }

    [Fact]
    public void ANewSetNeverOutgrowsItsRoom() =>
        Prop.ForAll(
            Gen.Choose(0, 60).Four().ToArbitrary(),
            sizes =>
            {
                var (replicas, surge, newSize, old) = sizes;
                newSize = Math.Min(newSize, replicas);
                var deployment = Deployment(replicas, surge.ToString(), "1");
                var grown = RolloutMath.NewSize(deployment, newSize, newSize + old);
                return grown >= newSize && grown <= replicas && (grown == newSize || grown + old <= replicas + deployment.MaxSurge());
            }).QuickCheckThrowOnFailure();

    [Fact]
    public void ProportionsNeverExceedWhatIsToAdd() =>
        Prop.ForAll(
            Gen.Choose(0, 40).Four().ToArbitrary(),
            Gen.Choose(-40, 40).ToArbitrary(),
            (sizes, toAdd) =>
            {
                var (replicas, size, before, _) = sizes;
                var share = RolloutMath.Proportion(Deployment(replicas, "25%", "25%"), size, before, toAdd, 0);
                return toAdd >= 0 ? share <= toAdd : share >= toAdd;
            }).QuickCheckThrowOnFailure();

    [Fact]
    public void TemplatesAreTheSameInWhateverOrder()
    {
        var a = Template("""{"metadata":{"labels":{"x":"1","y":"2"},"creationTimestamp":null},"spec":{"containers":[{"name":"c","image":"i"}]}}""");
        var b = Template("""{"spec":{"containers":[{"image":"i","name":"c"}]},"metadata":{"annotations":{},"labels":{"y":"2","pod-template-hash":"abc","x":"1"}}}""");
        var c = Template("""{"metadata":{"labels":{"x":"1","y":"2"}},"spec":{"containers":[{"name":"c","image":"j"}]}}""");
        Assert.True(TemplateIdentity.Same(a, b));
        Assert.Equal(TemplateIdentity.Hash(a, null), TemplateIdentity.Hash(b, null));
        Assert.False(TemplateIdentity.Same(a, c));
        Assert.NotEqual(TemplateIdentity.Hash(a, null), TemplateIdentity.Hash(a, 1));
        Assert.Matches("^[bcdfghjklmnpqrstvwxz2456789]{1,10}$", TemplateIdentity.Hash(a, null));
    }

    [Fact]
    public void PodNamesSpreadWell()
    {
        var set = new ReplicaSet { Metadata = new ObjectMeta { Name = "web-5d8", Uid = "7d1c4c1e-0000-4000-8000-1b1b1b1b1b1b" } };
        var names = Enumerable.Range(0, 1000).Select(slot => PodFactory.NameOf(set, slot)).ToList();
        Assert.InRange(names.Distinct().Count(), 998, 1000);
        Assert.All(names, name => Assert.Matches("^web-5d8-[bcdfghjklmnpqrstvwxz2456789]{5}$", name));
    }

    [Fact]
    public void TheLeastUsefulPodGoesFirst()
    {
        var now = new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);
        Pod Pod(string name, string? node, string phase, int? readyHours, int ageHours, string? cost = null) => new()
        {
            Metadata = new ObjectMeta
            {
                Name = name,
                Uid = name,
                CreationTimestamp = now.AddHours(-ageHours),
                Annotations = cost is null ? null : new Dictionary<string, string> { ["controller.kubernetes.io/pod-deletion-cost"] = cost },
            },
            Spec = new PodSpec { NodeName = node },
            Status = new PodStatus
            {
                Phase = phase,
                Conditions = readyHours is null ? [] : [new PodCondition { Type = "Ready", Status = "True", LastTransitionTime = now.AddHours(-readyHours.Value) }],
            },
        };
        Pod[] pods =
        [
            Pod("old", "n1", "Running", 90, 100),
            Pod("new", "n2", "Running", 1, 2),
            Pod("costly", "n3", "Running", 1, 2, "100"),
            Pod("crowded", "n4", "Running", 90, 100),
            Pod("crowd", "n4", "Running", 90, 100, "50"),
            Pod("unready", "n1", "Running", null, 100),
            Pod("pending", "n1", "Pending", null, 100),
            Pod("unassigned", null, "Pending", null, 100),
        ];
        var order = pods.Order(new PodDeletionOrder(new Dictionary<string, int> { ["n4"] = 2, ["n1"] = 1 }, now)).Select(pod => pod.Metadata.Name);
        Assert.Equal(["unassigned", "pending", "unready", "crowded", "old", "new", "crowd", "costly"], order);
    }

    private static PodTemplateSpec Template(string json) => ModelJson.Parse<PodTemplateSpec>(System.Text.Encoding.UTF8.GetBytes(json));

    private static Deployment Deployment(int replicas, string surge, string unavailable) => new()
    {
        Spec = new DeploymentSpec
        {
            Replicas = replicas,
            Strategy = new DeploymentStrategy { RollingUpdate = new RollingUpdateDeployment { MaxSurge = Value(surge), MaxUnavailable = Value(unavailable) } },
        },
    };

    private static IntOrString Value(string text) => int.TryParse(text, out var number) ? number : text;
}
