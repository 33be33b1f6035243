using System.Diagnostics;
using System.Text;
using System.Text.Json;
using CloudPlane.Agent;
using CloudPlane.Client;
using CloudPlane.Cri;
using CloudPlane.Cri.V1;
using Container = CloudPlane.Client.Container;

namespace CloudPlane.Benchmarks;

/// <summary>
/// A pod driven by hand over CRI: three calls, one after the other, that ask for exactly what the agent asks for, profiles, mounts and limits
/// included. Only the labels are missing by which the agent would take it for one of its own.
/// </summary>
internal sealed class PodByHand
{
    private readonly ICriRuntime _runtime;
    private readonly string _files;
    private readonly Pod _pod;
    private readonly Image _image;
    private readonly SandboxConfigs _sandboxes;
    private readonly ContainerConfigs _containers;

    private PodByHand(ICriRuntime runtime, string files, Pod pod, Image image, long nodeMemoryBytes)
    {
        (_runtime, _files, _pod, _image) = (runtime, files, pod, image);
        var options = new AgentOptions
        {
            Server = new Uri("https://unused.example"),
            NodeName = pod.Spec!.NodeName!,
            DataDirectory = files,
            ContainerdSocket = "",
            CniConfDirectory = "",
            PodLogDirectory = Path.Combine(files, "logs"),
        };
        var paths = new PodPaths(options.DataDirectory, options.PodLogDirectory);
        _sandboxes = new SandboxConfigs(options, paths, ResolvConf.ReadHost());
        _containers = new ContainerConfigs(options, paths, nodeMemoryBytes);
    }

    /// <param name="files">A directory for logs and mounted files.</param>
    /// <param name="pod">As the API has it, of one container.</param>
    public static async Task<PodByHand> LikeAsync(ICriRuntime runtime, string files, JsonElement pod)
    {
        var parsed = ModelJson.Parse<Pod>(Encoding.UTF8.GetBytes(pod.GetRawText()));
        var image = new ImageSpec { Image = parsed.Spec!.Containers![0].Image };
        var found = (await runtime.ImageStatusAsync(new ImageStatusRequest { Image = image }, default)).Image;
        return new PodByHand(runtime, files, parsed, found, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes);
    }

    public async Task RunAsync(string name, Latencies latencies)
    {
        var pod = _pod with { Metadata = _pod.Metadata with { Name = name, Namespace = "by-hand", Uid = Guid.NewGuid().ToString() } };
        var sandboxConfig = _sandboxes.Of(pod, attempt: 0);
        sandboxConfig.Labels.Clear();
        var container = pod.Spec!.Containers![0];
        var config = _containers.Of(pod, container, restartCount: 0, _image.Id, _image, [], Mounts(pod, container));
        config.Labels.Clear();
        Directory.CreateDirectory(Path.Combine(sandboxConfig.LogDirectory, container.Name!));

        var started = Stopwatch.GetTimestamp();
        var sandbox = (await _runtime.RunPodSandboxAsync(new RunPodSandboxRequest { Config = sandboxConfig }, default)).PodSandboxId;
        var create = new CreateContainerRequest { PodSandboxId = sandbox, SandboxConfig = sandboxConfig, Config = config };
        var id = (await _runtime.CreateContainerAsync(create, default)).ContainerId;
        await _runtime.StartContainerAsync(new StartContainerRequest { ContainerId = id }, default);
        latencies.AddSince(started);

        await _runtime.StopPodSandboxAsync(new StopPodSandboxRequest { PodSandboxId = sandbox }, default);
        await _runtime.RemovePodSandboxAsync(new RemovePodSandboxRequest { PodSandboxId = sandbox }, default);
    }

    private IEnumerable<Mount> Mounts(Pod pod, Container container)
    {
        var folder = Directory.CreateDirectory(Path.Combine(_files, pod.Metadata.Uid!)).FullName;
        foreach (var path in (string[])["/etc/hosts", container.TerminationMessagePath!])
        {
            var file = Path.Combine(folder, Path.GetFileName(path));
            File.WriteAllText(file, "");
            yield return new Mount { ContainerPath = path, HostPath = file };
        }
    }
}
