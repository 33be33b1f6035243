using CloudPlane.Cri.V1;
using CloudPlane.EndToEnd.Tests;

namespace CloudPlane.Cri.Tests;

/// <summary>infra/containerd-cleanup.sh in the states it may find.</summary>
public sealed class ContainerdCleanupTests
{
    [Fact]
    public async Task After_a_crash_nothing_is_left_but_images_and_the_next_start_finds_the_containers_ended()
    {
        await using var node = await TestNode.StartAsync("g", "10.244.7.0/24", "127.0.0.1");
        await node.Network.ReconcileAsync([node.Node], default);
        await node.NetworkReadyAsync();
        var pod = await node.RunPodAsync("crashed", "cloudplane.local/busybox:1", "sleep", "1000");
        var pids = await node.Containerd.CtrAsync("tasks", "list", "--quiet");
        Assert.Contains(pod.Container, pids);
        await node.Containerd.KillDaemonAsync();

        await ContainerdInstance.RunAsync(Path.Combine(ContainerdInstance.RepositoryRoot, "infra/containerd-cleanup.sh"), node.Containerd.Root, "--keep-images");
        Assert.DoesNotContain(node.Containerd.Root, await File.ReadAllTextAsync("/proc/mounts"));
        Assert.Empty((await node.Space.RunAsync("sh", "-c", "ip -br link show type veth")).Trim());
        Assert.DoesNotContain(pod.Container, await ContainerdInstance.RunAsync("find", "/sys/fs/cgroup", "-name", pod.Container));

        await node.Containerd.StartDaemonAsync();
        var image = new ImageSpec { Image = "cloudplane.local/busybox:1" };
        Assert.NotNull((await node.Runtime.ImageStatusAsync(new ImageStatusRequest { Image = image }, default)).Image);
        var container = Assert.Single((await node.Runtime.ListContainersAsync(new ListContainersRequest(), default)).Containers);
        Assert.Equal((pod.Container, ContainerState.ContainerExited), (container.Id, container.State));
        Assert.Equal(PodSandboxState.SandboxNotready, Assert.Single((await node.Runtime.ListPodSandboxAsync(new ListPodSandboxRequest(), default)).Items).State);
        await node.RemovePodsAsync();
        Assert.Empty((await node.Runtime.ListContainersAsync(new ListContainersRequest(), default)).Containers);
    }
}
