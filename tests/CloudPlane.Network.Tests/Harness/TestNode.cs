using System.Globalization;
using CloudPlane.Client;
using CloudPlane.Cri;
using CloudPlane.Cri.V1;
using CloudPlane.Network;

namespace CloudPlane.EndToEnd.Tests;

/// <summary>A node in a network namespace of its own: a real containerd, the pod network, and pods driven by hand over CRI.</summary>
internal sealed class TestNode : IAsyncDisposable
{
    private TestNode(string name, string podCidr, string internalIp, NetworkNamespace space, ContainerdInstance containerd)
    {
        Space = space;
        Containerd = containerd;
        Node = new Node
        {
            Metadata = new ObjectMeta { Name = name },
            Spec = new NodeSpec { PodCIDR = podCidr },
            Status = new NodeStatus { Addresses = [new NodeAddress { Type = "InternalIP", Address = internalIp }] },
        };
        Options = new NetworkOptions
        {
            NodeName = name,
            CniConfDirectory = containerd.CniConfDirectory,
            CniDataDirectory = Path.Combine(containerd.Root, "cni", "data"),
        };
        Network = new PodNetwork(Options, new NamespaceCommandRunner(space.Name));
        Runtime = new CriRuntime(containerd.Socket, TimeProvider.System, new Random(1));
    }

    public Node Node { get; }
    public NetworkNamespace Space { get; }
    public ContainerdInstance Containerd { get; }
    public NetworkOptions Options { get; }
    public PodNetwork Network { get; }
    public CriRuntime Runtime { get; }
    /// <summary>Of all the pods of this process's tests.</summary>
    public static string CgroupParent { get; } = string.Create(CultureInfo.InvariantCulture, $"/crit{Environment.ProcessId}");

    public string LogDirectory => Path.Combine(Containerd.Root, "logs");

    public static async Task<TestNode> StartAsync(string name, string podCidr, string internalIp)
    {
        var id = string.Create(CultureInfo.InvariantCulture, $"crit{Environment.ProcessId}{name}");
        var space = await NetworkNamespace.CreateAsync(id);
        try
        {
            return new TestNode(name, podCidr, internalIp, space, await ContainerdInstance.StartAsync($"/tmp/cri-{id}", space.Name));
        }
        catch
        {
            await space.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits until the runtime has loaded the network's configuration, which it does when it sees the file.</summary>
    public async Task NetworkReadyAsync()
    {
        for (var attempt = 0; attempt < 200; attempt++)
        {
            var status = await Runtime.StatusAsync(new StatusRequest(), default);
            if (status.Status.Conditions.Single(condition => condition.Type == "NetworkReady").Status)
                return;
            await Task.Delay(25);
        }
        throw new TimeoutException("the runtime's network does not get ready");
    }

    public static PodSandboxConfig Sandbox(string pod, string logDirectory) => new()
    {
        Metadata = new PodSandboxMetadata { Name = pod, Namespace = "default", Uid = "uid-" + pod },
        Hostname = pod,
        LogDirectory = Path.Combine(logDirectory, pod),
        Linux = new LinuxPodSandboxConfig { CgroupParent = CgroupParent, SecurityContext = new LinuxSandboxSecurityContext { NamespaceOptions = new NamespaceOption() } },
    };

    /// <summary>Runs a pod of one container; gives the ids and the pod's address.</summary>
    public async Task<TestPod> RunPodAsync(string pod, string image, params string[] command)
    {
        var config = Sandbox(pod, LogDirectory);
        Directory.CreateDirectory(config.LogDirectory);
        var sandbox = (await Runtime.RunPodSandboxAsync(new RunPodSandboxRequest { Config = config }, default)).PodSandboxId;
        var container = await RunContainerAsync(sandbox, config, "main", image, command);
        var status = await Runtime.PodSandboxStatusAsync(new PodSandboxStatusRequest { PodSandboxId = sandbox }, default);
        return new TestPod(sandbox, container, status.Status.Network.Ip, config);
    }

    public async Task<string> RunContainerAsync(string sandbox, PodSandboxConfig config, string name, string image, params string[] command)
    {
        var created = await Runtime.CreateContainerAsync(
            new CreateContainerRequest
            {
                PodSandboxId = sandbox,
                SandboxConfig = config,
                Config = new ContainerConfig
                {
                    Metadata = new ContainerMetadata { Name = name },
                    Image = new ImageSpec { Image = image },
                    Command = { command },
                    LogPath = $"{name}.log",
                    Linux = new LinuxContainerConfig { SecurityContext = new LinuxContainerSecurityContext { NamespaceOptions = new NamespaceOption() } },
                },
            },
            default);
        await Runtime.StartContainerAsync(new StartContainerRequest { ContainerId = created.ContainerId }, default);
        return created.ContainerId;
    }

    /// <summary>Runs a command in a container and gives its standard output, or fails with what it said.</summary>
    public async Task<string> ExecAsync(string container, params string[] command)
    {
        var answer = await Runtime.ExecSyncAsync(new ExecSyncRequest { ContainerId = container, Cmd = { command }, Timeout = 20 }, default);
        return answer.ExitCode == 0
            ? answer.Stdout.ToStringUtf8()
            : throw new InvalidOperationException($"{string.Join(' ', command)}: exit code {answer.ExitCode}: {answer.Stderr.ToStringUtf8()}");
    }

    public async Task RemovePodsAsync()
    {
        foreach (var sandbox in (await Runtime.ListPodSandboxAsync(new ListPodSandboxRequest(), default)).Items)
        {
            await Runtime.StopPodSandboxAsync(new StopPodSandboxRequest { PodSandboxId = sandbox.Id }, default);
            await Runtime.RemovePodSandboxAsync(new RemovePodSandboxRequest { PodSandboxId = sandbox.Id }, default);
        }
    }

    public async ValueTask DisposeAsync()
    {
        Runtime.Dispose();
        await Containerd.DisposeAsync();
        await Space.DisposeAsync();
        RemoveCgroups();
    }

    /// <summary>The runtime makes a pod's parent cgroup and leaves it. Another node of this process may still have pods in it.</summary>
    private static void RemoveCgroups()
    {
        foreach (var hierarchy in Directory.GetDirectories("/sys/fs/cgroup").Append("/sys/fs/cgroup"))
        {
            try
            {
                Directory.Delete(hierarchy + CgroupParent);
            }
            catch (IOException)
            {
            }
        }
    }
}

internal sealed record TestPod(string Sandbox, string Container, string Ip, PodSandboxConfig Config);
