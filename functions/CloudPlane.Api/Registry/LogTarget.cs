using System.Text.Json.Nodes;

namespace CloudPlane.Api;

/// <summary>Which container's log is meant, and where it is; 400 in the words of the pod registry and of the kubelet.</summary>
internal static class LogTarget
{
    public static string Container(JsonObject pod, string podName, string asked)
    {
        var spec = pod.Object("spec");
        var containers = spec.Objects("containers").Select(c => c.Text("name")).ToArray();
        var init = spec.Objects("initContainers").Select(c => c.Text("name")).ToArray();
        var ephemeral = spec.Objects("ephemeralContainers").Select(c => c.Text("name")).ToArray();
        if (asked.Length > 0)
        {
            return containers.Contains(asked) || init.Contains(asked) || ephemeral.Contains(asked)
                ? asked
                : throw ApiErrors.BadRequest($"container {asked} is not valid for pod {podName}");
        }

        if (containers.Length == 1)
            return containers[0];
        var message = $"a container name must be specified for pod {podName}, choose one of: [{string.Join(' ', containers)}]";
        if (init.Length > 0)
            message += $" or one of the init containers: [{string.Join(' ', init)}]";
        if (ephemeral.Length > 0)
            message += $" or one of the ephemeral containers: [{string.Join(' ', ephemeral)}]";
        throw ApiErrors.BadRequest(message);
    }

    /// <summary>The node that has the log; null before the pod has a node.</summary>
    public static string? Node(JsonObject pod, string podName, string container, bool previous)
    {
        var node = pod.Object("spec").Text("nodeName");
        if (node.Length == 0)
            return null;
        if (Status(pod.Object("status"), container) is not { } status)
            throw Waiting("ContainerCreating");
        var ranBefore = status.Object("lastState").Object("terminated") is not null;
        if (previous && !ranBefore)
            throw ApiErrors.BadRequest($"previous terminated container {GoText.Quote(container)} in pod {GoText.Quote(podName)} not found");
        if (status.Object("state").Object("waiting") is { } waiting && !ranBefore)
        {
            throw Waiting(waiting.Text("reason") switch
            {
                "ErrImagePull" => "image can't be pulled",
                "ImagePullBackOff" => "trying and failing to pull image",
                "" => "ContainerCreating",
                var reason => reason,
            });
        }

        return node;

        ApiStatusException Waiting(string why) =>
            ApiErrors.BadRequest($"container {GoText.Quote(container)} in pod {GoText.Quote(podName)} is waiting to start: {why}");
    }

    private static JsonObject? Status(JsonObject? status, string container) =>
        status.Objects("containerStatuses").Concat(status.Objects("initContainerStatuses")).Concat(status.Objects("ephemeralContainerStatuses"))
            .FirstOrDefault(s => s.Text("name") == container);
}
