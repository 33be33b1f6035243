using CloudPlane.Generator;

namespace CloudPlane.Schema.Tests;

public sealed class CatalogTests
{
    private readonly Catalog _catalog = Catalog.LoadBuiltIn();

    [Fact]
    public void Every_reference_resolves_and_every_required_field_exists()
    {
        foreach (var name in _catalog.TypeNames)
        {
            var type = _catalog.Type(name);
            Assert.All(type.Required, r => Assert.Contains(r, type.Fields.Keys));
            foreach (var field in type.Fields.Values)
                CheckField(field);
        }
    }

    [Fact]
    public void Conditional_defaults_are_all_known_to_the_code()
    {
        var conditional = _catalog.TypeNames.SelectMany(name => _catalog.Type(name).Fields.Where(f => f.Value.HasConditionalDefault)
            .Select(f => $"{_catalog.Type(name).ShortName}.{f.Key}")).Order(StringComparer.Ordinal);
        Assert.Equal(
        [
            // PersistentVolume-like capacities and load balancer status are nobody's here; PodLogOptions are query parameters.
            "Container.imagePullPolicy", "ContainerPort.hostPort", "DeploymentStrategy.rollingUpdate", "EphemeralContainer.imagePullPolicy",
            "ImageVolumeSource.pullPolicy", "LoadBalancerIngress.ipMode", "NodeStatus.allocatable", "PodLogOptions.stream",
            "PodSpec.enableServiceLinks", "ResourceRequirements.requests", "ServicePort.targetPort", "ServiceSpec.allocateLoadBalancerNodePorts",
            "ServiceSpec.externalTrafficPolicy", "ServiceSpec.internalTrafficPolicy", "ServiceSpec.sessionAffinityConfig", "Volume.emptyDir",
        ], conditional);
    }

    [Fact]
    public void Served_kinds_are_those_of_this_release()
    {
        Assert.Equal("bindings configmaps events namespaces nodes pods secrets serviceaccounts services apps/deployments apps/replicasets " +
            "coordination.k8s.io/leases discovery.k8s.io/endpointslices", string.Join(' ', _catalog.Resources.Select(r => r.StorageName)));
        Assert.Equal("Deployment", _catalog.Find("apps", "v1", "deployments")!.Kind);
        Assert.Equal("pods", _catalog.FindKind("", "v1", "Pod")!.Plural);
        Assert.Null(_catalog.Find("apps", "v1", "daemonsets"));
        Assert.Equal(["binding", "eviction", "log", "status"], _catalog.Find("", "v1", "pods")!.Subresources.Select(s => s.Name));
    }

    [Fact]
    public void Types_newer_than_1_34_are_absent()
    {
        Assert.DoesNotContain("schedulingGroup", _catalog.Type("io.k8s.api.core.v1.PodSpec").Fields.Keys);
        Assert.Equal(["Equal", "Exists"], _catalog.Type("io.k8s.api.core.v1.Toleration").Fields["operator"].Enum);
    }

    [Fact]
    public void An_unknown_type_throws() => Assert.Throws<KeyNotFoundException>(() => _catalog.Type("io.k8s.Nope"));

    /// <summary>What is checked in is what the generator writes, wherever the reference is at hand.</summary>
    [Fact]
    public void Checked_in_files_are_the_generators()
    {
        if (Repository.Reference() is not { } reference)
        {
            Every_reference_resolves_and_every_required_field_exists();
            return;
        }

        var (types, resources) = CatalogCommand.Generate(
            File.ReadAllText(Path.Combine(reference, "types.json")), File.ReadAllText(Path.Combine(reference, "resources.json")));
        var folder = Path.Combine(Repository.Root(), "functions", "CloudPlane.Schema", "Catalog");
        Assert.Equal(types, File.ReadAllText(Path.Combine(folder, "types.json")));
        Assert.Equal(resources, File.ReadAllText(Path.Combine(folder, "resources.json")));
    }

    private static void CheckField(FieldSchema field)
    {
        switch (field.Kind)
        {
            case FieldKind.Ref:
                Assert.Equal(field.RefName, field.Ref!().Name);
                break;
            case FieldKind.Array:
                CheckField(field.Items!);
                if (field.ListMapKeys.Count > 0)
                    Assert.All(field.ListMapKeys, k => Assert.Contains(k, field.Items!.Ref!().Fields.Keys));
                break;
            case FieldKind.Map:
                CheckField(field.Values!);
                break;
        }
    }
}
