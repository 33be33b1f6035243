namespace CloudPlane.EndToEnd.Tests;

/// <summary>What needs more than one node: spreading, the pod network between nodes, drain, and a node that dies.</summary>
public abstract class ThreeNodeTests(LocalCluster cluster)
{
    [Fact]
    public async Task Pods_spread_and_reach_each_other_across_nodes()
    {
        await using var space = await cluster.NamespaceAsync();
        await space.KubectlAsync("create deployment d --image=cloudplane.local/hello:1 --replicas=3");
        await space.KubectlAsync("rollout status deployment/d --timeout=120s");
        Assert.Equal(["node-1", "node-2", "node-3"], (await space.ValueAsync("pods", "{.items[*].spec.nodeName}")).Split(' ').Order());

        var addresses = await space.ValueAsync("pods", "{.items[*].status.podIP}");
        foreach (var node in new[] { "node-1", "node-2", "node-3" })
            await space.ApplyAsync(PodTests.Pod("from-" + node, $$"""
                  nodeName: {{node}}
                  restartPolicy: Never
                  containers: [{name: main, image: "cloudplane.local/hello:1", command: [sh, -c, "for a in {{addresses}}; do wget -qO- http://$a:8080/ || exit 1; done"]}]
                """));
        foreach (var node in new[] { "node-1", "node-2", "node-3" })
            await space.UntilAsync("pod from-" + node, "{.status.phase}", "Succeeded");
    }

    [Fact]
    public async Task Services_get_an_address_and_slices_of_ready_pods()
    {
        await using var space = await cluster.NamespaceAsync();
        await space.KubectlAsync("create deployment d --image=cloudplane.local/hello:1 --replicas=2 --port=8080");
        await space.KubectlAsync("expose deployment d --port=80 --target-port=8080");
        Assert.StartsWith("10.96.", await space.ValueAsync("service d", "{.spec.clusterIP}"), StringComparison.Ordinal);
        await space.KubectlAsync("rollout status deployment/d --timeout=120s");
        var pods = (await space.ValueAsync("pods", "{.items[*].status.podIP}")).Split(' ').Order();
        await space.UntilAsync("endpointslices", "{.items[*].endpoints[*].addresses[0]}", v => v.Split(' ').Order().SequenceEqual(pods), "the slice lists both pods");
        await space.KubectlAsync("scale deployment d --replicas=1");
        await space.UntilAsync("endpointslices", "{.items[*].endpoints[?(@.conditions.ready==true)].addresses[0]}", v => v.Length > 0 && !v.Contains(' '), "the slice lists one pod");
    }

    [Theory, MemberData(nameof(Kubectl.Versions), MemberType = typeof(Kubectl))]
    public async Task Cordon_drain_uncordon(string? version)
    {
        await using var space = await cluster.NamespaceAsync();
        await space.KubectlAsync("create deployment d --image=cloudplane.local/hello:1 --replicas=3", version: version);
        await space.KubectlAsync("rollout status deployment/d --timeout=120s", version: version);
        await space.KubectlAsync("cordon node-2", version: version);
        Assert.Contains("Ready,SchedulingDisabled", await space.KubectlAsync("get node node-2", version: version), StringComparison.Ordinal);
        await space.KubectlAsync("drain node-2 --ignore-daemonsets --delete-emptydir-data --force --timeout=120s", version: version);
        await space.KubectlAsync("rollout status deployment/d --timeout=120s", version: version);
        Assert.DoesNotContain("node-2", await space.ValueAsync("pods", "{.items[*].spec.nodeName}"), StringComparison.Ordinal);
        await space.KubectlAsync("uncordon node-2", version: version);
        await space.UntilAsync("node node-2", "{.spec.unschedulable}", "");
    }

    [Fact]
    public async Task Taints_and_node_selectors_place_pods()
    {
        await using var space = await cluster.NamespaceAsync();
        await space.KubectlAsync("label node node-3 disk=ssd");
        await space.KubectlAsync("taint node node-3 only=me:NoSchedule");
        try
        {
            await space.ApplyAsync(PodTests.Pod("picky", "  nodeSelector: {disk: ssd}\n  containers: [{name: main, image: \"cloudplane.local/hello:1\"}]"));
            await space.UntilAsync("pod picky", "{.status.conditions[?(@.type=='PodScheduled')].reason}", "Unschedulable");
            var message = await space.ValueAsync("pod picky", "{.status.conditions[?(@.type=='PodScheduled')].message}");
            Assert.Contains("node(s) had untolerated taint", message, StringComparison.Ordinal);
            Assert.Contains("node(s) didn't match Pod's node affinity/selector", message, StringComparison.Ordinal);
            await space.KubectlAsync("taint node node-3 only-");
            await space.UntilAsync("pod picky", "{.status.phase}", "Running");
            Assert.Equal("node-3", await space.ValueAsync("pod picky", "{.spec.nodeName}"));
        }
        finally
        {
            await space.TryKubectlAsync("taint node node-3 only-");
            await space.TryKubectlAsync("label node node-3 disk-");
        }
    }

    [Fact]
    public async Task A_dead_node_is_noticed_and_its_pods_are_replaced()
    {
        await using var space = await cluster.NamespaceAsync();
        await space.ApplyAsync("""
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: d}
            spec:
              replicas: 3
              selector: {matchLabels: {app: d}}
              template:
                metadata: {labels: {app: d}}
                spec:
                  terminationGracePeriodSeconds: 1
                  tolerations:
                  - {key: node.kubernetes.io/unreachable, operator: Exists, effect: NoExecute, tolerationSeconds: 2}
                  - {key: node.kubernetes.io/not-ready, operator: Exists, effect: NoExecute, tolerationSeconds: 2}
                  containers: [{name: main, image: "cloudplane.local/hello:1"}]
            """);
        await space.KubectlAsync("rollout status deployment/d --timeout=120s");
        await cluster.KillAsync("agent-3");
        await space.UntilAsync("node node-3", "{.status.conditions[?(@.type=='Ready')].status}", "Unknown");
        await space.UntilAsync("node node-3", "{.spec.taints[*].key}", v => v.Contains("node.kubernetes.io/unreachable", StringComparison.Ordinal), "the taint tells it too");
        await space.UntilAsync("deployment d", "{.status.readyReplicas}", "3");

        (await cluster.UpAsync("--no-demo", "--port", $"{cluster.Port}", "--nodes", "3")).Require();
        await space.UntilAsync("node node-3", "{.status.conditions[?(@.type=='Ready')].status}", "True");
        await space.UntilAsync("node node-3", "{.spec.taints}", "");
        await space.UntilAsync("pods", "{.items[?(@.metadata.deletionTimestamp)].metadata.name}", "");
    }
}

[Collection(nameof(ThreeNodeCluster))]
public sealed class StandaloneThreeNodeTests(ThreeNodeCluster cluster) : ThreeNodeTests(cluster);

[Collection(nameof(ThreeNodeCloudCluster))]
public sealed class CloudThreeNodeTests(ThreeNodeCloudCluster cluster) : ThreeNodeTests(cluster);
