using CloudPlane.Client;

namespace CloudPlane.Scheduling;

/// <summary>What a pod asks of its node.</summary>
internal static class PodRequests
{
    // What a container that asks for nothing is taken for when nodes are compared, so that a node full of them is not empty
    // (k8s.io/kubernetes/pkg/scheduler/util: DefaultMilliCPURequest, DefaultMemoryRequest).
    private const long AssumedMilliCpu = 100;
    private const long AssumedMemory = 200 * 1024 * 1024;

    /// <summary>
    /// The effective request: the sum over containers and sidecars, or the most that an init container needs together with the
    /// sidecars started before it, whichever is more (KEP-753); pod-level requests go before (KEP-2837); plus the overhead (KEP-688).
    /// </summary>
    public static ResourceAmounts Of(PodSpec spec) => Sum(spec, c => ResourceAmounts.From(Requests(c.Resources)));

    /// <summary>The same, with an assumed cpu and memory for containers that ask for none: what scores compare.</summary>
    public static ResourceAmounts NonZero(PodSpec spec) => Sum(spec, c =>
    {
        var requests = ResourceAmounts.From(Requests(c.Resources));
        if (requests[ResourceAmounts.Cpu] == 0) requests[ResourceAmounts.Cpu] = AssumedMilliCpu;
        if (requests[ResourceAmounts.Memory] == 0) requests[ResourceAmounts.Memory] = AssumedMemory;
        return requests;
    });

    private static ResourceAmounts Sum(PodSpec spec, Func<Container, ResourceAmounts> requests)
    {
        var running = new ResourceAmounts();
        foreach (var container in spec.Containers ?? []) running.Add(requests(container));
        var sidecars = new ResourceAmounts();
        var starting = new ResourceAmounts();
        foreach (var container in spec.InitContainers ?? [])
        {
            var own = requests(container);
            if (container.RestartPolicy == "Always")
            {
                running.Add(own);
                sidecars.Add(own);
                starting.RaiseTo(sidecars);
                continue;
            }
            own.Add(sidecars);
            starting.RaiseTo(own);
        }
        running.RaiseTo(starting);
        running.Override(ResourceAmounts.From(Requests(spec.Resources)));
        running.Add(ResourceAmounts.From(spec.Overhead));
        return running;
    }

    // The API defaults requests to limits; a pod that was stored otherwise gets the same here.
    private static IReadOnlyDictionary<string, string>? Requests(ResourceRequirements? resources)
    {
        if (resources?.Limits is not { } limits) return resources?.Requests;
        if (resources.Requests is not { } requests) return limits;
        var missing = limits.Where(l => !requests.ContainsKey(l.Key)).ToArray();
        return missing.Length == 0 ? requests : new Dictionary<string, string>(requests.Concat(missing));
    }
}
