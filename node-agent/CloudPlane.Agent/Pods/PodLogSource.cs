using CloudPlane.Client;

namespace CloudPlane.Agent;

/// <summary>Finds containers' logs by what the actors know, with the kubelet's refusals.</summary>
internal sealed class PodLogSource(Func<IEnumerable<PodActor>> actors) : ILogSource
{
    public ContainerLog Find(string @namespace, string pod, string container, bool previous)
    {
        // A pod of the same name that is on its way out must not hide its successor.
        var actor = actors().Where(a => a.Pod.Namespace() == @namespace && a.Pod.Name() == pod).OrderBy(a => a.Pod.Deleting())
            .FirstOrDefault()
            ?? throw new LogUnavailableException(404, $"pod \"{pod}\" not found");
        if (actor.Pod.FindContainer(container) is null)
            throw new LogUnavailableException(404, $"container {container} not found in pod {pod}");
        var latest = actor.Actual.Latest(container);
        if (previous) return Log(actor, Previous(actor, container, latest));
        if (latest is null or { State: RuntimeContainerState.Created }) latest = latest is null ? null : actor.Actual.Previous(container);
        if (latest is not null) return Log(actor, latest);
        var reason = Status(actor.Pod, container)?.State?.Waiting?.Reason;
        throw new LogUnavailableException(400, reason is null
            ? $"container \"{container}\" in pod \"{pod}\" is not available"
            : $"container \"{container}\" in pod \"{pod}\" is waiting to start: {Waiting(reason)}");
    }

    public IEnumerable<RunningLog> Running() =>
        from actor in actors()
        from container in actor.Actual.Containers
        where container is { Running: true, LogPath.Length: > 0 }
        select new RunningLog(container.Id, container.LogPath);

    private static RuntimeContainer Previous(PodActor actor, string container, RuntimeContainer? latest)
    {
        // While a container waits in its back-off, its newest instance is the one that ended.
        var waiting = Status(actor.Pod, container)?.State?.Waiting is not null;
        var instance = waiting && latest is { Exited: true } ? latest : actor.Actual.Previous(container);
        return instance ?? throw new LogUnavailableException(400,
            $"previous terminated container \"{container}\" in pod \"{actor.Pod.Name()}\" not found");
    }

    private static ContainerLog Log(PodActor actor, RuntimeContainer instance) =>
        new(instance.LogPath, () => actor.Actual.Find(instance.Id) is { Running: true } or { StillWriting: true })
        {
            Ending = () => actor.Actual.Find(instance.Id) is { StillWriting: true },
        };

    private static ContainerStatus? Status(Pod pod, string container) =>
        (pod.Status?.ContainerStatuses ?? []).Concat(pod.Status?.InitContainerStatuses ?? []).FirstOrDefault(s => s.Name == container);

    /// <summary>The kubelet says of a failed pull what failed.</summary>
    private static string Waiting(string reason) => reason switch
    {
        "ErrImagePull" => "image can't be pulled",
        "ImagePullBackOff" => "trying and failing to pull image",
        "InvalidImageName" => "image name is invalid",
        _ => reason,
    };
}
