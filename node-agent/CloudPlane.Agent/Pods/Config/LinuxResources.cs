using CloudPlane.Client;
using V1 = CloudPlane.Cri.V1;

namespace CloudPlane.Agent;

/// <summary>Requests and limits as cgroup settings, by the kubelet's formulas.</summary>
internal static class LinuxResources
{
    private const long CfsPeriodMicroseconds = 100_000;
    private const long MinimumQuotaMicroseconds = 1_000;
    private const long MinimumShares = 2;
    private const long MaximumShares = 262_144;
    private const long SharesPerCpu = 1_024;

    public static V1.LinuxContainerResources Of(Pod pod, Container container, long nodeMemoryBytes)
    {
        var limits = container.Resources?.Limits;
        var requests = container.Resources?.Requests;
        var cpuLimit = Resources.Milli(limits, "cpu");
        var resources = new V1.LinuxContainerResources
        {
            CpuShares = Shares(Resources.Milli(requests, "cpu") ?? cpuLimit ?? 0),
            MemoryLimitInBytes = Resources.Whole(limits, "memory") ?? 0,
            OomScoreAdj = OomScoreAdjust(pod, container, nodeMemoryBytes),
        };
        if (cpuLimit is > 0)
        {
            resources.CpuPeriod = CfsPeriodMicroseconds;
            resources.CpuQuota = Math.Max(MinimumQuotaMicroseconds, cpuLimit.Value * CfsPeriodMicroseconds / 1000);
        }
        return resources;
    }

    /// <summary>A request of nothing is the least weight, not the kernel's default of a whole CPU's.</summary>
    internal static long Shares(long milliCpu) =>
        milliCpu == 0 ? MinimumShares : Math.Clamp(milliCpu * SharesPerCpu / 1000, MinimumShares, MaximumShares);

    /// <summary>Guaranteed -997, BestEffort 1000, Burstable in between: the more of the node's memory it asked for, the later it is
    /// killed.</summary>
    internal static long OomScoreAdjust(Pod pod, Container container, long nodeMemoryBytes)
    {
        if (pod.Spec?.PriorityClassName == "system-node-critical") return -997;
        switch (pod.Status?.QosClass ?? QosClass.Of(pod))
        {
            case QosClass.Guaranteed: return -997;
            case QosClass.BestEffort: return 1000;
        }
        var request = Resources.Whole(container.Resources?.Requests, "memory") ?? 0;
        var adjust = 1000 - 1000 * (decimal)request / Math.Max(1, nodeMemoryBytes);
        return (long)Math.Clamp(adjust, 1000 - 997, 999);
    }
}
