using CloudPlane.Client;

namespace CloudPlane.Agent;

/// <summary>The kubelet's getPhase: a pod's phase from its container statuses.</summary>
internal static class PodPhase
{
    public const string Pending = "Pending";
    public const string Running = "Running";
    public const string Succeeded = "Succeeded";
    public const string Failed = "Failed";

    public static string Of(Pod pod, IReadOnlyList<ContainerStatus> init, IReadOnlyList<ContainerStatus> regular, bool terminal)
    {
        var (pendingInit, failedInit) = CountInit(pod, init);
        var sidecars = CountSidecars(pod, init);
        if (failedInit > 0 && (terminal || pod.RestartPolicy() == "Never")) return Failed;
        var counts = Count(regular, pod.Containers().Count) + sidecars;
        if (pendingInit > 0 && !terminal || sidecars.Waiting > 0 && !terminal) return Pending;
        if (counts.Waiting > 0 && !terminal) return Pending;
        if (counts.Running > 0 && counts.Unknown == 0) return Running;
        if (counts is { Running: 0, Stopped: > 0, Unknown: 0 })
        {
            var succeeded = counts.Stopped == counts.Succeeded && counts.Waiting == 0;
            if (terminal) return succeeded ? Succeeded : Failed;
            if (pod.RestartPolicy() == "Always") return Running;
            if (succeeded) return Succeeded;
            return pod.RestartPolicy() == "Never" ? Failed : Running;
        }
        return terminal ? Failed : Pending;
    }

    private static (int Pending, int Failed) CountInit(Pod pod, IReadOnlyList<ContainerStatus> statuses)
    {
        var (pending, failed) = (0, 0);
        foreach (var container in pod.InitContainers())
        {
            if (container.IsSidecar()) continue;
            var status = statuses.FirstOrDefault(s => s.Name == container.Name);
            if (status?.State?.Terminated is { } ended)
            {
                if (ended.ExitCode != 0) failed++;
            }
            else if (status?.State?.Waiting is not null && status.LastState?.Terminated is { } before)
            {
                if (before.ExitCode != 0) failed++;
                // It is waiting to run again, whatever it did before.
                pending++;
            }
            else pending++;
        }
        return (pending, failed);
    }

    private static Counts CountSidecars(Pod pod, IReadOnlyList<ContainerStatus> statuses)
    {
        var counts = default(Counts);
        foreach (var container in pod.InitContainers().Where(c => c.IsSidecar()))
        {
            var status = statuses.FirstOrDefault(s => s.Name == container.Name);
            // An ended sidecar says nothing about the phase; one that has not started yet holds initialization up.
            if (status?.State?.Running is not null)
                counts += status.Started == true ? new Counts { Running = 1 } : new Counts { Running = 1, Waiting = 1 };
            else if (status?.State?.Waiting is not null && status.LastState?.Terminated is null) counts += new Counts { Waiting = 1 };
        }
        return counts;
    }

    private static Counts Count(IReadOnlyList<ContainerStatus> statuses, int expected)
    {
        var counts = new Counts { Unknown = Math.Max(0, expected - statuses.Count) };
        foreach (var status in statuses)
        {
            if (status.State?.Running is not null) counts += new Counts { Running = 1 };
            else if (status.State?.Terminated is { } ended)
                counts += new Counts { Stopped = 1, Succeeded = ended.ExitCode is 0 or null ? 1 : 0 };
            else if (status.LastState?.Terminated is not null) counts += new Counts { Stopped = 1 };
            else counts += new Counts { Waiting = 1 };
        }
        return counts;
    }

    private readonly record struct Counts(int Running, int Waiting, int Stopped, int Succeeded, int Unknown)
    {
        public static Counts operator +(Counts a, Counts b) =>
            new(a.Running + b.Running, a.Waiting + b.Waiting, a.Stopped + b.Stopped, a.Succeeded + b.Succeeded, a.Unknown + b.Unknown);
    }
}
