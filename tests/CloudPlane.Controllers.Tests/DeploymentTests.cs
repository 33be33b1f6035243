using CloudPlane.Client;

namespace CloudPlane.Controllers.Tests;

public class DeploymentTests
{
    private readonly SimulatedCluster _cluster = new();
    private readonly SimulatedNodes _nodes;

    public DeploymentTests() => _nodes = new SimulatedNodes(_cluster, 5, 3);

    [Fact]
    public void AnAppliedDeploymentRunsItsPods()
    {
        _cluster.Create(Manifests.Deployment("web", 3), "apps/deployments");
        _cluster.Run(TimeSpan.FromSeconds(15));

        var deployment = _cluster.Get<Deployment>("default", "web");
        Assert.Equal(3, deployment.Status!.AvailableReplicas);
        Assert.Equal(deployment.Metadata.Generation, deployment.Status.ObservedGeneration);
        Assert.Equal("1", deployment.Metadata.Annotations!["deployment.kubernetes.io/revision"]);
        var set = Assert.Single(_cluster.List<ReplicaSet>());
        Assert.Equal($"web-{set.Metadata.Labels!["pod-template-hash"]}", set.Metadata.Name);
        Assert.Equal("3", set.Metadata.Annotations!["deployment.kubernetes.io/desired-replicas"]);
        Assert.Equal("4", set.Metadata.Annotations["deployment.kubernetes.io/max-replicas"]);
        Assert.All(_cluster.List<Pod>(), pod => Assert.Matches($"^{set.Metadata.Name}-[a-z0-9]{{5}}$", pod.Metadata.Name));
        Assert.Contains(_cluster.List<Event>(), e => e.Message == $"Scaled up replica set {set.Metadata.Name} from 0 to 3");
        var progressing = deployment.Status.Conditions!.Single(condition => condition.Type == "Progressing");
        Assert.Equal("NewReplicaSetAvailable", progressing.Reason);
        Assert.Equal($"ReplicaSet \"{set.Metadata.Name}\" has successfully progressed.", progressing.Message);
        Assert.Equal("MinimumReplicasAvailable", deployment.Status.Conditions!.Single(condition => condition.Type == "Available").Reason);
        Assert.Empty(_cluster.Errors);
    }

    [Fact]
    public void ANewTemplateRollsOutAndAnOldOneRollsBack()
    {
        _cluster.Create(Manifests.Deployment("web", 3), "apps/deployments");
        _cluster.Run(TimeSpan.FromSeconds(15));
        var first = Assert.Single(_cluster.List<ReplicaSet>()).Metadata.Name;

        SetImage("v2");
        _cluster.Run(TimeSpan.FromSeconds(60));
        Assert.Equal("2", _cluster.Get<Deployment>("default", "web").Metadata.Annotations!["deployment.kubernetes.io/revision"]);
        Assert.All(_cluster.List<Pod>(), pod => Assert.Equal("v2", pod.Spec!.Containers![0].Image));

        SetImage("v1");
        _cluster.Run(TimeSpan.FromSeconds(60));
        var again = _cluster.Get<ReplicaSet>("default", first!);
        Assert.Equal("3", again.Metadata.Annotations!["deployment.kubernetes.io/revision"]);
        Assert.Equal("1", again.Metadata.Annotations["deployment.kubernetes.io/revision-history"]);
        Assert.Equal(3, again.Status!.AvailableReplicas);
        Assert.Equal(3, _cluster.List<Pod>().Count);
    }

    [Fact]
    public void HistoryIsKeptToItsLimit()
    {
        _cluster.Create(Manifests.Deployment("web", 2), "apps/deployments");
        for (var version = 1; version <= 6; version++)
        {
            SetImage($"v{version}");
            _cluster.Run(TimeSpan.FromSeconds(40));
        }
        Assert.Equal(["4", "5", "6"], _cluster.List<ReplicaSet>().Select(set => set.Metadata.Annotations!["deployment.kubernetes.io/revision"]).Order());
    }

    [Fact]
    public void ABrokenRolloutStopsAndExceedsItsDeadline()
    {
        _nodes.BrokenImage = "broken";
        _cluster.Create(Manifests.Deployment("web", 4), "apps/deployments");
        _cluster.Run(TimeSpan.FromSeconds(15));
        SetImage("broken");
        _cluster.Run(TimeSpan.FromSeconds(700), TimeSpan.FromSeconds(5));

        var deployment = _cluster.Get<Deployment>("default", "web");
        var progressing = deployment.Status!.Conditions!.Single(condition => condition.Type == "Progressing");
        Assert.Equal(("False", "ProgressDeadlineExceeded"), (progressing.Status, progressing.Reason));
        Assert.Equal(3, deployment.Status.AvailableReplicas);
        Assert.Equal(2, deployment.Status.UpdatedReplicas);
    }

    [Fact]
    public void APausedDeploymentScalesInProportionAndResumes()
    {
        _nodes.BrokenImage = "broken";
        _cluster.Create(Manifests.Deployment("web", 10, strategy: """{"type":"RollingUpdate","rollingUpdate":{"maxSurge":3,"maxUnavailable":2} }"""), "apps/deployments");
        _cluster.Run(TimeSpan.FromSeconds(20));
        SetImage("broken");
        _cluster.Run(TimeSpan.FromSeconds(20));
        // The example of the Kubernetes documentation: 8 old and 5 new ones; 5 more become 3 for the old and 2 for the new.
        Assert.Equal([5, 8], _cluster.List<ReplicaSet>().Select(set => set.Spec!.Replicas!.Value).Order());
        _cluster.Change<Deployment>("default", "web", d => d with { Spec = d.Spec! with { Replicas = 15 } });
        _cluster.Run(TimeSpan.FromSeconds(5));
        Assert.Equal([7, 11], _cluster.List<ReplicaSet>().Select(set => set.Spec!.Replicas!.Value).Order());

        _cluster.Change<Deployment>("default", "web", d => d with { Spec = d.Spec! with { Paused = true } });
        SetImage("v3");
        _cluster.Run(TimeSpan.FromSeconds(20));
        Assert.Equal(2, _cluster.List<ReplicaSet>().Count);
        Assert.Contains(_cluster.Get<Deployment>("default", "web").Status!.Conditions!, condition => condition.Reason == "DeploymentPaused");

        _cluster.Change<Deployment>("default", "web", d => d with { Spec = d.Spec! with { Paused = null } });
        _cluster.Run(TimeSpan.FromSeconds(120));
        Assert.Equal(15, _cluster.List<Pod>().Count(pod => pod.IsReady() && pod.Spec!.Containers![0].Image == "v3"));
    }

    [Fact]
    public void RecreateNeverRunsOldAndNewTogether()
    {
        _cluster.Create(Manifests.Deployment("web", 3, strategy: """{"type":"Recreate"}"""), "apps/deployments");
        _cluster.Run(TimeSpan.FromSeconds(15));
        _cluster.OnChange = () =>
            Assert.True(_cluster.List<Pod>().Select(pod => pod.Spec!.Containers![0].Image).Distinct().Count() <= 1);
        SetImage("v2");
        _cluster.Run(TimeSpan.FromSeconds(30));
        Assert.Equal(3, _cluster.List<Pod>().Count(pod => pod.IsReady() && pod.Spec!.Containers![0].Image == "v2"));
    }

    [Fact]
    public void ATakenReplicaSetNameIsAvoided()
    {
        _cluster.Create(Manifests.Deployment("web", 1), "apps/deployments");
        var template = _cluster.Get<Deployment>("default", "web").Spec!.Template!;
        var taken = $"web-{TemplateIdentity.Hash(template, null)}";
        _cluster.Create($$"""{"apiVersion":"apps/v1","kind":"ReplicaSet","metadata":{"name":"{{taken}}","namespace":"default"},"spec":{"replicas":0,"selector":{"matchLabels":{"app":"other"} },"template":{"metadata":{"labels":{"app":"other"} } } } }""", "apps/replicasets");
        _cluster.Run(TimeSpan.FromSeconds(15));
        Assert.Equal(1, _cluster.Get<Deployment>("default", "web").Status!.CollisionCount);
        Assert.Equal(1, _cluster.Get<Deployment>("default", "web").Status!.AvailableReplicas);
    }

    [Fact]
    public void DeletionTakesSetsAndPodsAlong()
    {
        _cluster.Create(Manifests.Deployment("web", 3), "apps/deployments");
        _cluster.Run(TimeSpan.FromSeconds(15));
        _cluster.Delete<Deployment>("default", "web", "Background");
        _cluster.Run(TimeSpan.FromSeconds(15));
        Assert.Empty(_cluster.List<ReplicaSet>());
        Assert.Empty(_cluster.List<Pod>());
    }

    private void SetImage(string image) => _cluster.Change<Deployment>("default", "web", deployment =>
    {
        var template = deployment.Spec!.Template!;
        var containers = new[] { template.Spec!.Containers![0] with { Image = image } };
        return deployment with { Spec = deployment.Spec with { Template = template with { Spec = template.Spec with { Containers = containers } } } };
    });
}
