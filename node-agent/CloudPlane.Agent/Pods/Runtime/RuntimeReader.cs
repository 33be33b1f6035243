using System.Collections.Immutable;
using CloudPlane.Cri;
using V1 = CloudPlane.Cri.V1;

namespace CloudPlane.Agent;

/// <summary>What containerd has of a pod, found by its labels.</summary>
internal sealed record FoundPod(string Uid, string Namespace, string Name, long GracePeriodSeconds, RuntimePod Runtime);

/// <summary>The states of a pod's sandboxes and containers as a list shows them: enough to see whether a closer look is needed.</summary>
internal sealed record PodDigest(ImmutableDictionary<string, V1.PodSandboxState> Sandboxes,
    ImmutableDictionary<string, V1.ContainerState> Containers)
{
    public static PodDigest Empty { get; } =
        new(ImmutableDictionary<string, V1.PodSandboxState>.Empty, ImmutableDictionary<string, V1.ContainerState>.Empty);

    public bool Matches(RuntimePod pod) =>
        Sandboxes.Count == pod.Sandboxes.Length && Containers.Count == pod.Containers.Length &&
        pod.Sandboxes.All(s => Sandboxes.TryGetValue(s.Id, out var state) && s.Ready == (state == V1.PodSandboxState.SandboxReady)) &&
        pod.Containers.All(c => Containers.TryGetValue(c.Id, out var state) && c.State == RuntimeReader.StateOf(state));
}

/// <summary>Reads the actual state out of containerd.</summary>
internal sealed class RuntimeReader(ICriRuntime runtime, TerminationMessages messages, string nodeName)
{
    /// <summary>Every pod of this node that containerd has anything of.</summary>
    public async Task<IReadOnlyList<FoundPod>> ReadAllAsync(CancellationToken cancellationToken)
    {
        var found = new List<FoundPod>();
        foreach (var group in (await ListAsync(null, cancellationToken).ConfigureAwait(false)).GroupBy(s => s.Metadata.Uid))
        {
            var any = group.First();
            var grace = any.Annotations.TryGetValue(RuntimeLabels.TerminationGracePeriod, out var text) &&
                long.TryParse(text, out var seconds) ? seconds : PodSpecs.DefaultGracePeriodSeconds;
            var pod = await ReadAsync(any.Metadata.Uid, cancellationToken).ConfigureAwait(false);
            found.Add(new FoundPod(any.Metadata.Uid, any.Metadata.Namespace, any.Metadata.Name, grace, pod));
        }
        return found;
    }

    /// <summary>One pod, with what only a status call tells (exit codes, addresses).</summary>
    public async Task<RuntimePod> ReadAsync(string uid, CancellationToken cancellationToken)
    {
        var sandboxes = await ListAsync(uid, cancellationToken).ConfigureAwait(false);
        var filter = new V1.ContainerFilter();
        filter.LabelSelector[RuntimeLabels.PodUid] = uid;
        var containers = await runtime.ListContainersAsync(new V1.ListContainersRequest { Filter = filter }, cancellationToken)
            .ConfigureAwait(false);
        var ids = sandboxes.Select(s => s.Id).ToHashSet();
        return new RuntimePod
        {
            Sandboxes = [.. (await Each(sandboxes, s => ReadSandboxAsync(s.Id, cancellationToken)).ConfigureAwait(false))
                .OrderByDescending(s => s.Attempt).ThenByDescending(s => s.CreatedAt)],
            Containers = [.. (await Each(containers.Containers.Where(c => ids.Contains(c.PodSandboxId)), c =>
                ReadContainerAsync(c.Id, c.PodSandboxId, cancellationToken)).ConfigureAwait(false)).OrderByDescending(c => c.RestartCount)
                .ThenByDescending(c => c.CreatedAt)],
        };
    }

    /// <summary>What a plain list tells of every pod, by uid.</summary>
    public async Task<Dictionary<string, PodDigest>> DigestAsync(CancellationToken cancellationToken)
    {
        var sandboxes = await ListAsync(null, cancellationToken).ConfigureAwait(false);
        var containers = await runtime.ListContainersAsync(new V1.ListContainersRequest(), cancellationToken).ConfigureAwait(false);
        var bySandbox = containers.Containers.ToLookup(c => c.PodSandboxId);
        return sandboxes.GroupBy(s => s.Metadata.Uid).ToDictionary(g => g.Key, g => new PodDigest(
            g.ToImmutableDictionary(s => s.Id, s => s.State),
            g.SelectMany(s => bySandbox[s.Id]).ToImmutableDictionary(c => c.Id, c => c.State)));
    }

    /// <summary>A sandbox's state and addresses; null when it is gone.</summary>
    public async Task<RuntimeSandbox?> ReadSandboxAsync(string id, CancellationToken cancellationToken)
    {
        try
        {
            var response = await runtime.PodSandboxStatusAsync(new V1.PodSandboxStatusRequest { PodSandboxId = id }, cancellationToken)
                .ConfigureAwait(false);
            var status = response.Status;
            var network = status.Network;
            ImmutableArray<string> ips = network is { Ip.Length: > 0 } ? [network.Ip, .. network.AdditionalIps.Select(i => i.Ip)] : [];
            return new RuntimeSandbox(id, (int)status.Metadata.Attempt, status.State == V1.PodSandboxState.SandboxReady,
                ApiTime.FromNanoseconds(status.CreatedAt), ips);
        }
        catch (CriException e) when (e.IsNotFound)
        {
            return null;
        }
    }

    /// <summary>A container's state; null when it is gone.</summary>
    public async Task<RuntimeContainer?> ReadContainerAsync(string id, string sandboxId, CancellationToken cancellationToken)
    {
        try
        {
            var response = await runtime.ContainerStatusAsync(new V1.ContainerStatusRequest { ContainerId = id }, cancellationToken)
                .ConfigureAwait(false);
            return Container(response.Status, sandboxId);
        }
        catch (CriException e) when (e.IsNotFound)
        {
            return null;
        }
    }

    internal static RuntimeContainerState StateOf(V1.ContainerState state) => state switch
    {
        V1.ContainerState.ContainerCreated => RuntimeContainerState.Created,
        V1.ContainerState.ContainerRunning => RuntimeContainerState.Running,
        V1.ContainerState.ContainerExited => RuntimeContainerState.Exited,
        _ => RuntimeContainerState.Unknown,
    };

    private RuntimeContainer Container(V1.ContainerStatus status, string sandboxId)
    {
        var restarts = status.Annotations.TryGetValue(RuntimeLabels.RestartCount, out var text) && int.TryParse(text, out var count)
            ? count : (int)status.Metadata.Attempt;
        return new RuntimeContainer
        {
            Id = status.Id,
            SandboxId = sandboxId,
            Name = status.Labels.TryGetValue(RuntimeLabels.ContainerName, out var name) ? name : status.Metadata.Name,
            RestartCount = restarts,
            Hash = status.Annotations.TryGetValue(RuntimeLabels.ContainerHash, out var hash) ? hash : "",
            State = StateOf(status.State),
            CreatedAt = ApiTime.FromNanoseconds(status.CreatedAt),
            StartedAt = ApiTime.FromNanoseconds(status.StartedAt),
            FinishedAt = ApiTime.FromNanoseconds(status.FinishedAt),
            ExitCode = status.ExitCode,
            Reason = status.Reason,
            Message = status.State == V1.ContainerState.ContainerExited ? messages.Read(status) : status.Message,
            Termination = TerminationSource.Of(status.Annotations, status.Mounts),
            Image = status.Image?.Image ?? "",
            ImageId = status.ImageRef,
            LogPath = status.LogPath,
        };
    }

    private async Task<IReadOnlyList<V1.PodSandbox>> ListAsync(string? uid, CancellationToken cancellationToken)
    {
        var request = new V1.ListPodSandboxRequest();
        if (uid is not null)
        {
            request.Filter = new V1.PodSandboxFilter();
            request.Filter.LabelSelector[RuntimeLabels.PodUid] = uid;
        }
        var response = await runtime.ListPodSandboxAsync(request, cancellationToken).ConfigureAwait(false);
        return [.. response.Items.Where(s =>
            s.Labels.ContainsKey(RuntimeLabels.PodUid) &&
            (!s.Annotations.TryGetValue(RuntimeLabels.NodeName, out var node) || node == nodeName))];
    }

    private static async Task<IEnumerable<TTo>> Each<TFrom, TTo>(IEnumerable<TFrom> items, Func<TFrom, Task<TTo?>> read)
        where TTo : class =>
        (await Task.WhenAll(items.Select(read)).ConfigureAwait(false)).OfType<TTo>();
}
