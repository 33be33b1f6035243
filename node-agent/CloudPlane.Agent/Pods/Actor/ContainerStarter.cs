using CloudPlane.Client;
using CloudPlane.Cri;
using V1 = CloudPlane.Cri.V1;

namespace CloudPlane.Agent;

/// <summary>How starting a container went: null when it runs, else why it waits.</summary>
internal sealed record StartFailure(WaitingReason Waiting, DateTimeOffset? RetryAt);

/// <summary>Starts one container: image, configuration, creation, start, hook. Each failure has the kubelet's reason and event.</summary>
internal sealed class ContainerStarter(
    ICriRuntime runtime, ImagePuller images, EnvironmentBuilder environment, ContainerMounts mounts, ContainerConfigs configs,
        LifecycleHooks hooks,
    PodPaths paths, NodeEvents events, TimeProvider time)
{
    /// <summary>How long until a container is tried again that could not even be made.</summary>
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(10);

    /// <param name="start">What to start.</param>
    /// <param name="changed">Told of the container as soon as it exists and again when it runs.</param>
    /// <param name="killed">Told when the container must go because its postStart hook failed.</param>
    /// <param name="cancellationToken">Ends a pull and what else may take long; a creation under way is finished.</param>
    public async Task<StartFailure?> StartAsync(ContainerStart start, Action<RuntimeContainer> changed, Action<ContainerKill> killed,
        CancellationToken cancellationToken)
    {
        PresentImage image;
        V1.ContainerConfig config;
        try
        {
            image = await images.EnsureAsync(start.Pod, start.Container, start.SandboxConfig, cancellationToken).ConfigureAwait(false);
            config = await ConfigureAsync(start, image, cancellationToken).ConfigureAwait(false);
        }
        catch (ImageException e)
        {
            events.Pod(start.Pod, start.Container, EventTypes.Warning, "Failed", $"Error: {e.Reason}");
            return new StartFailure(new WaitingReason(e.Reason, e.Message), e.RetryAt ?? Later());
        }
        catch (Exception e) when (e is ContainerConfigException or ApiException or ApiUnreachableException or IOException or UnauthorizedAccessException or CriException)
        {
            return Fail(start, "CreateContainerConfigError", e.Message);
        }
        return await RunAsync(start, image, config, changed, killed, cancellationToken).ConfigureAwait(false);
    }

    private async Task<V1.ContainerConfig> ConfigureAsync(ContainerStart start, PresentImage image, CancellationToken cancellationToken)
    {
        WriteHostsFile(start);
        var variables = await environment.BuildAsync(start.Container, start.Fields, cancellationToken).ConfigureAwait(false);
        var values = variables.ToDictionary(v => v.Key, v => v.Value);
        var terminationFile = configs.TerminationFile(start.Pod, start.Container, start.RestartCount);
        if (terminationFile is not null)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(terminationFile)!);
            await using (File.Create(terminationFile)) File.SetUnixFileMode(terminationFile, (UnixFileMode)0b110_110_110);
        }
        return configs.Of(start.Pod, start.Container, start.RestartCount, image.Reference, image.Image, variables,
            mounts.Of(start.Pod, start.Container, values, terminationFile));
    }

    private async Task<StartFailure?> RunAsync(ContainerStart start, PresentImage image, V1.ContainerConfig config,
        Action<RuntimeContainer> changed, Action<ContainerKill> killed, CancellationToken cancellationToken)
    {
        RuntimeContainer container;
        try
        {
            var request = new V1.CreateContainerRequest
            {
                PodSandboxId = start.Sandbox.Id,
                Config = config,
                SandboxConfig = start.SandboxConfig
            };
            var response = await runtime.CreateContainerAsync(request, CancellationToken.None).ConfigureAwait(false);
            container = Created(start, image, config, response.ContainerId);
        }
        catch (CriException e)
        {
            // Perhaps somebody removed the image; the next try asks again.
            images.Cache.Forget(ImageName.Normalize(start.Container.Image ?? "") ?? "");
            return Fail(start, "CreateContainerError", e.Message);
        }
        changed(container);
        events.Pod(start.Pod, start.Container, EventTypes.Normal, "Created", $"Created container: {start.Container.Name}");
        try
        {
            await runtime.StartContainerAsync(new V1.StartContainerRequest { ContainerId = container.Id }, CancellationToken.None)
                .ConfigureAwait(false);
        }
        catch (CriException e)
        {
            return Fail(start, "RunContainerError", e.Message) with { RetryAt = null };
        }
        container = container with { State = RuntimeContainerState.Running, StartedAt = time.GetUtcNow() };
        changed(container);
        events.Pod(start.Pod, start.Container, EventTypes.Normal, "Started", $"Started container {start.Container.Name}");
        return await PostStartAsync(start, container, killed, cancellationToken).ConfigureAwait(false);
    }

    private async Task<StartFailure?> PostStartAsync(ContainerStart start, RuntimeContainer container, Action<ContainerKill> killed,
        CancellationToken cancellationToken)
    {
        if (start.Container.Lifecycle?.PostStart is not { } hook) return null;
        var target = new ProbeTarget(container.Id, start.Container, start.Address);
        if (await hooks.RunAsync(hook, target, cancellationToken).ConfigureAwait(false) is not { } failure) return null;
        // As the kubelet: neither the command nor its output belongs in an event, either may hold secrets.
        events.Pod(start.Pod, start.Container, EventTypes.Warning, "FailedPostStartHook", "PostStartHook failed");
        killed(new ContainerKill(container, "FailedPostStartHook", KillReason.PostStartHook));
        return new StartFailure(new WaitingReason("PostStartHookError", failure), null);
    }

    private void WriteHostsFile(ContainerStart start)
    {
        var path = paths.HostsFile(start.Pod.Uid());
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var content = HostsFile.Content(start.Pod, start.Fields.PodIps, start.SandboxConfig.Hostname,
            PodHostname.Domain(start.Pod, "cluster.local"), () => File.ReadAllText("/etc/hosts"));
        // Running containers have this very file mounted: it is rewritten, not replaced, and only when it differs.
        if (!File.Exists(path) || File.ReadAllText(path) != content) File.WriteAllText(path, content);
    }

    private RuntimeContainer Created(ContainerStart start, PresentImage image, V1.ContainerConfig config, string id) => new()
    {
        Id = id,
        SandboxId = start.Sandbox.Id,
        Name = start.Container.Name!,
        RestartCount = start.RestartCount,
        Hash = config.Annotations[RuntimeLabels.ContainerHash],
        State = RuntimeContainerState.Created,
        CreatedAt = time.GetUtcNow(),
        // What containerd's own status would say: the first tag, and the first digest or else the image's id.
        Image = image.Image is { RepoTags.Count: > 0 } tagged ? tagged.RepoTags[0] : start.Container.Image ?? "",
        ImageId = image.Image is { RepoDigests.Count: > 0 } known ? known.RepoDigests[0] : image.Reference,
        LogPath = Path.Combine(start.SandboxConfig.LogDirectory, config.LogPath),
        Termination = TerminationSource.Of(config.Annotations, config.Mounts),
    };

    private StartFailure Fail(ContainerStart start, string reason, string message)
    {
        events.Pod(start.Pod, start.Container, EventTypes.Warning, "Failed", $"Error: {message}");
        return new StartFailure(new WaitingReason(reason, message), Later());
    }

    private DateTimeOffset Later() => time.GetUtcNow() + RetryDelay;
}

/// <summary>A container to start, and where.</summary>
internal sealed record ContainerStart(Pod Pod, Container Container, int RestartCount, RuntimeSandbox Sandbox,
    V1.PodSandboxConfig SandboxConfig, DownwardFields Fields)
{
    /// <summary>Where hooks and probes reach it.</summary>
    public string Address => Fields.PodIps.Count > 0 ? Fields.PodIps[0] : Fields.HostIp;
}
