using CloudPlane.Client;

namespace CloudPlane.Agent;

/// <summary>
/// What a pod takes of a node: the sum of its containers and sidecars, or the largest moment of its initialization if that is more
/// (KEP-753), plus its overhead.
/// </summary>
internal static class PodRequests
{
    public static long MilliCpu(Pod pod) => Of(pod, list => Resources.Milli(list, "cpu") ?? 0);

    public static long MemoryBytes(Pod pod) => Of(pod, list => Resources.Whole(list, "memory") ?? 0);

    private static long Of(Pod pod, Func<IReadOnlyDictionary<string, string>?, long> read)
    {
        var sidecars = 0L;
        var initialization = 0L;
        foreach (var container in pod.InitContainers())
        {
            var request = read(container.Resources?.Requests);
            if (container.IsSidecar()) sidecars += request;
            initialization = Math.Max(initialization, container.IsSidecar() ? sidecars : sidecars + request);
        }
        return Math.Max(initialization, sidecars + pod.Containers().Sum(c => read(c.Resources?.Requests))) + read(pod.Spec?.Overhead);
    }
}
