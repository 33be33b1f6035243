using CloudPlane.Client;
using CloudPlane.EndToEnd.Tests;

namespace CloudPlane.Network.Tests;

/// <summary>Pods of real nodes talk to each other. Machines are network namespaces.</summary>
public sealed class PodTrafficTests
{
    [Fact]
    public async Task Pods_of_nodes_on_one_link_reach_each_other_by_routes()
    {
        await using var a = await TestNode.StartAsync("a", "10.244.1.0/24", "10.99.0.1");
        await using var b = await TestNode.StartAsync("b", "10.244.2.0/24", "10.99.0.2");
        await NetworkNamespace.ConnectAsync(a.Space, "10.99.0.1/24", b.Space, "10.99.0.2/24");
        // As Docker leaves a machine.
        await a.Space.RunAsync("iptables", "-w", "-P", "FORWARD", "DROP");
        await ReachEachOtherAsync(a, b);
        Assert.Contains("10.244.2.0/24 via 10.99.0.2", await a.Space.RunAsync("ip", "route", "show", "proto", "67"));

        await CleanAsync(a);
        await CleanAsync(b);
    }

    [Fact]
    public async Task Pods_of_nodes_behind_a_router_reach_each_other_by_vxlan()
    {
        await using var a = await TestNode.StartAsync("c", "10.244.3.0/24", "10.99.3.1");
        await using var b = await TestNode.StartAsync("d", "10.244.4.0/24", "10.99.4.1");
        await using var router = await NetworkNamespace.CreateAsync($"crit{Environment.ProcessId}r");
        await NetworkNamespace.ConnectAsync(a.Space, "10.99.3.1/24", router, "10.99.3.254/24");
        await NetworkNamespace.ConnectAsync(b.Space, "10.99.4.1/24", router, "10.99.4.254/24");
        await a.Space.RunAsync("ip", "route", "add", "default", "via", "10.99.3.254");
        await b.Space.RunAsync("ip", "route", "add", "default", "via", "10.99.4.254");
        await ReachEachOtherAsync(a, b);
        Assert.Contains("10.244.4.0/24 via 10.244.4.0 dev cloudplane-vx", await a.Space.RunAsync("ip", "route", "show", "proto", "67"));

        // To the outside, here the router, a pod has its node's address: the router knows no way back to pods.
        var pod = await a.RunPodAsync("client", "cloudplane.local/busybox:1", "sleep", "1000");
        Assert.Contains("1 packets received", await a.ExecAsync(pod.Container, "ping", "-c1", "-W5", "10.99.3.254"));

        // The tunnel's tables are repaired after somebody removed the device.
        await a.Space.RunAsync("ip", "link", "delete", "cloudplane-vx");
        await ReachEachOtherAsync(a, b, "again");

        await CleanAsync(a);
        await CleanAsync(b);
    }

    private static async Task ReachEachOtherAsync(TestNode a, TestNode b, string suffix = "1")
    {
        Node[] nodes = [a.Node, b.Node];
        await Task.WhenAll(a.Network.ReconcileAsync(nodes, default), b.Network.ReconcileAsync(nodes, default));
        await Task.WhenAll(a.NetworkReadyAsync(), b.NetworkReadyAsync());
        var hello = await b.RunPodAsync("hello-" + suffix, "cloudplane.local/hello:1");
        var client = await a.RunPodAsync("client-" + suffix, "cloudplane.local/busybox:1", "sleep", "1000");
        Assert.StartsWith("10.244.", hello.Ip);
        Assert.Equal($"Hello from hello-{suffix}\n", await a.ExecAsync(client.Container, "wget", "-qO-", $"http://{hello.Ip}:8080/"));
        // Inside the cluster pods keep their address.
        Assert.Contains($"{client.Ip}]", await WaitForLogAsync(b, hello));
        // And the node itself reaches its own pod, as probes do.
        Assert.StartsWith("Hello", await b.Space.RunAsync("busybox", "wget", "-qO-", $"http://{hello.Ip}:8080/"));
    }

    private static async Task<string> WaitForLogAsync(TestNode node, TestPod pod)
    {
        var file = Path.Combine(node.LogDirectory, pod.Config.Metadata.Name, "main.log");
        for (var attempt = 0; attempt < 100; attempt++)
        {
            var text = await File.ReadAllTextAsync(file);
            if (text.Contains("url:", StringComparison.Ordinal))
                return text.Replace("::ffff:", "", StringComparison.Ordinal).Replace(":8080", "", StringComparison.Ordinal);
            await Task.Delay(20);
        }
        return await File.ReadAllTextAsync(file);
    }

    private static async Task CleanAsync(TestNode node)
    {
        await node.RemovePodsAsync();
        await node.Network.CleanupAsync(default);
        await node.Network.CleanupAsync(default);
        Assert.DoesNotContain("cloudplane", await node.Space.RunAsync("ip", "link", "show"));
        Assert.DoesNotContain("cloudplane", await node.Space.RunAsync("nft", "list", "tables"));
        Assert.DoesNotContain("cloudplane", await node.Space.RunAsync("iptables", "-w", "-S", "FORWARD"));
        Assert.DoesNotContain("10.244.", await node.Space.RunAsync("ip", "route", "show"));
        Assert.Empty(Directory.GetFiles(node.Containerd.CniConfDirectory));
        Assert.False(Directory.Exists(node.Options.CniDataDirectory));
    }
}
