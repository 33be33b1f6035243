namespace CloudPlane.EndToEnd.Tests;

/// <summary>What only the cloud form has: nothing that runs between requests, and several clusters behind one address.</summary>
[Collection(nameof(SleepyCluster))]
public sealed class CloudTests(SleepyCluster cluster)
{
    [Fact]
    public async Task Scaled_to_zero_it_answers_the_first_request_and_nodes_never_notice()
    {
        await using var space = await cluster.NamespaceAsync();
        await space.KubectlAsync("create deployment d --image=cloudplane.local/hello:1 --replicas=2");
        await space.KubectlAsync("rollout status deployment/d --timeout=120s");
        var before = await ContainersAsync(space);

        await ScaledToZeroAsync();
        var pods = await space.KubectlAsync("get pods --no-headers");
        Assert.Equal(2, pods.Split('\n', StringSplitOptions.RemoveEmptyEntries).Count(line => line.Contains(" Running ", StringComparison.Ordinal)));
        Assert.Equal(before, await ContainersAsync(space));
        Assert.Equal("0 0", await space.ValueAsync("pods -l app=d", "{.items[*].status.containerStatuses[0].restartCount}"));

        // A write wakes the controllers, and they the node.
        await ScaledToZeroAsync();
        await space.KubectlAsync("scale deployment d --replicas=3");
        await space.KubectlAsync("rollout status deployment/d --timeout=120s");
    }

    [Fact]
    public async Task A_second_cluster_is_another_cluster()
    {
        var name = $"c{Guid.NewGuid():N}"[..12];
        (await cluster.ClusterCommandAsync("create", name)).Require();
        try
        {
            Assert.Contains(name, (await cluster.ClusterCommandAsync("list")).Require(), StringComparison.Ordinal);
            var kubeconfig = await KubeconfigAsync(name);
            await SecondAsync(kubeconfig, "create", "configmap", name, "--from-literal=a=1");
            Assert.Contains(name, await SecondAsync(kubeconfig, "get", "configmaps", "-o", "name"), StringComparison.Ordinal);
            Assert.DoesNotContain(name, await cluster.RunAsync("get configmaps -o name"), StringComparison.Ordinal);
            Assert.Equal("", await SecondAsync(kubeconfig, "get", "nodes", "-o", "name"));
            Assert.Contains("node-1", await cluster.RunAsync("get nodes -o name"), StringComparison.Ordinal);

            var (first, second) = (ApiHttp.Token(Path.Combine(cluster.Data, "admin.kubeconfig")), ApiHttp.Token(kubeconfig));
            Assert.Equal(200, await StatusAsync("/api/v1/pods", first));
            Assert.Equal(200, await StatusAsync($"/clusters/{name}/api/v1/pods", second));
            Assert.Equal(401, await StatusAsync("/api/v1/pods", second));
            Assert.Equal(401, await StatusAsync($"/clusters/{name}/api/v1/pods", first));
        }
        finally
        {
            (await cluster.ClusterCommandAsync("delete", name)).Require();
        }
    }

    [Fact]
    public async Task A_node_joins_the_cluster_that_it_is_told_and_runs_its_pods_only()
    {
        var name = $"c{Guid.NewGuid():N}"[..12];
        (await cluster.ClusterCommandAsync("create", name)).Require();
        try
        {
            var kubeconfig = await KubeconfigAsync(name);
            var token = (await cluster.ClusterCommandAsync("join-token", name)).Require().Trim();
            await using var node = await SeparateNode.JoinAsync(
                "other", $"{await cluster.NodesServerAsync()}/clusters/{name}", cluster.CaFile, token, new Dictionary<string, string> { ["SSL_CERT_FILE"] = cluster.CaFile });
            await Eventually.SatisfiesAsync(
                async () => await SecondAsync(kubeconfig, "get", "nodes", "--no-headers"), static nodes => nodes.Contains(" Ready ", StringComparison.Ordinal), "the node is ready");
            Assert.DoesNotContain("other", await cluster.RunAsync("get nodes -o name"), StringComparison.Ordinal);

            await SecondAsync(kubeconfig, "create", "deployment", "web", "--image=cloudplane.local/hello:1", "--replicas=2");
            await SecondAsync(kubeconfig, "rollout", "status", "deployment/web", "--timeout=120s");
            Assert.Equal("other other", (await SecondAsync(kubeconfig, "get", "pods", "-o", "jsonpath={.items[*].spec.nodeName}")).Trim());
            Assert.NotEmpty(await SecondAsync(kubeconfig, "logs", "deployment/web"));
            await SecondAsync(kubeconfig, "delete", "deployment", "web", "--wait", "--cascade=foreground");
            Assert.Equal("", await SecondAsync(kubeconfig, "get", "pods", "-o", "name"));
        }
        finally
        {
            (await cluster.ClusterCommandAsync("delete", name)).Require();
        }
    }

    private async Task<string> KubeconfigAsync(string name)
    {
        var kubeconfig = Path.Combine(cluster.Data, name + ".kubeconfig");
        await File.WriteAllTextAsync(kubeconfig, (await cluster.ClusterCommandAsync("kubeconfig", name)).Require());
        return kubeconfig;
    }

    private static async Task<string> SecondAsync(string kubeconfig, params string[] arguments) => (await Command.RunAsync(
        Kubectl.Path(null), arguments, new Dictionary<string, string> { ["KUBECONFIG"] = kubeconfig, ["KUBECACHEDIR"] = kubeconfig + ".cache" })).Require();

    private async Task<int> StatusAsync(string path, string token)
    {
        using var client = ApiHttp.Client(cluster, anonymous: true);
        client.DefaultRequestHeaders.Authorization = new("Bearer", token);
        using var response = await client.GetAsync(path);
        return (int)response.StatusCode;
    }

    private async Task ScaledToZeroAsync() =>
        await Eventually.SatisfiesAsync(async () => string.Join(' ', (await cluster.InstancesAsync()).Select(i => i.Id)), static ids => ids == "", "no instance runs", 180);

    private static async Task<string> ContainersAsync(TestNamespace space) => string.Join(' ',
        (await space.ValueAsync("pods -l app=d", "{.items[*].status.containerStatuses[*].containerID}")).Split(' ').Order());
}

/// <summary>One whose nodes are silent for a minute, so that its instances sleep between heartbeats.</summary>
public sealed class SleepyCluster() : CloudCluster(1)
{
    protected override IReadOnlyDictionary<string, string> Environment => new Dictionary<string, string>
    {
        ["CLOUDPLANE_HEARTBEAT"] = "60s",
        ["CLOUDPLANE_NODE_GRACE"] = "180s",
        ["CLOUDPLANE_IDLE_SECONDS"] = "5",
    };
}

[CollectionDefinition(nameof(SleepyCluster))]
public sealed class SleepyCollection : ICollectionFixture<SleepyCluster>;
