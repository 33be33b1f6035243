using System.Globalization;
using CloudPlane.Client;
using V1 = CloudPlane.Cri.V1;

namespace CloudPlane.Agent;

/// <summary>A container as CRI wants it described.</summary>
internal sealed class ContainerConfigs(AgentOptions options, PodPaths paths, long nodeMemoryBytes)
{
    public V1.ContainerConfig Of(Pod pod, Container container, int restartCount, string imageRef, V1.Image? image,
        IReadOnlyList<KeyValuePair<string, string>> environment, IEnumerable<V1.Mount> mounts)
    {
        SecurityContexts.VerifyNonRoot(pod, container, image);
        var values = environment.ToDictionary(e => e.Key, e => e.Value);
        var config = new V1.ContainerConfig
        {
            Metadata = new V1.ContainerMetadata { Name = container.Name, Attempt = (uint)restartCount },
            Image = new V1.ImageSpec { Image = imageRef, UserSpecifiedImage = container.Image },
            WorkingDir = container.WorkingDir ?? "",
            LogPath = PodPaths.LogFile(container.Name!, restartCount),
            Stdin = container.Stdin == true,
            StdinOnce = container.StdinOnce == true,
            Tty = container.Tty == true,
            Linux = new V1.LinuxContainerConfig
            {
                Resources = LinuxResources.Of(pod, container, nodeMemoryBytes),
                SecurityContext = SecurityContexts.ForContainer(pod, container, image),
            },
        };
        config.Command.AddRange((container.Command ?? []).Select(c => VariableExpansion.Expand(c, values)));
        config.Args.AddRange((container.Args ?? []).Select(a => VariableExpansion.Expand(a, values)));
        config.Envs.AddRange(environment.Select(e => new V1.KeyValue { Key = e.Key, Value = e.Value }));
        config.Mounts.AddRange(mounts);
        AddLabels(config, pod, container, restartCount);
        return config;
    }

    /// <summary>The termination message's file on the host, made empty before each start; null when the container wants none.</summary>
    public string? TerminationFile(Pod pod, Container container, int restartCount) =>
        container.TerminationMessagePath is { Length: > 0 } ? paths.TerminationMessage(pod.Uid(), container.Name!, restartCount) : null;

    private void AddLabels(V1.ContainerConfig config, Pod pod, Container container, int restartCount)
    {
        config.Labels[RuntimeLabels.PodName] = pod.Name();
        config.Labels[RuntimeLabels.PodNamespace] = pod.Namespace();
        config.Labels[RuntimeLabels.PodUid] = pod.Uid();
        config.Labels[RuntimeLabels.ContainerName] = container.Name;
        config.Annotations[RuntimeLabels.ContainerHash] = ContainerHash.Of(container);
        config.Annotations[RuntimeLabels.RestartCount] = restartCount.ToString(CultureInfo.InvariantCulture);
        config.Annotations[RuntimeLabels.TerminationMessagePath] = container.TerminationMessagePath ?? "";
        config.Annotations[RuntimeLabels.TerminationMessagePolicy] = container.TerminationMessagePolicy ?? "File";
        config.Annotations[RuntimeLabels.TerminationGracePeriod] = pod.GracePeriodSeconds().ToString(CultureInfo.InvariantCulture);
        config.Annotations[RuntimeLabels.NodeName] = options.NodeName;
    }
}
