using System.Collections.Immutable;
using CloudPlane.Client;

namespace CloudPlane.Agent;

/// <summary>
/// The kubelet's computePodActions as a pure function: which sandbox and containers to start and to stop. Init containers run in
/// order; sidecars (KEP-753) hold their place in the order but are kept running, and a pod whose regular containers ended is finished.
/// </summary>
internal static class PodPlanner
{
    public static PodPlan Plan(Pod pod, RuntimePod actual, IProbeView probes)
    {
        var sandbox = actual.Sandbox;
        if (sandbox is null || !sandbox.Ready || (sandbox.Ip is null && !pod.HostNetwork())) return PlanSandbox(pod, actual, sandbox);

        var plan = new Builder(pod, actual, probes, sandbox.Id);
        var initialized = plan.PlanInitContainers();
        if (plan.Failed) return new PodPlan { Finished = true };
        return initialized ? plan.PlanContainers() : plan.Build();
    }

    private static PodPlan PlanSandbox(Pod pod, RuntimePod actual, RuntimeSandbox? dead)
    {
        var attempt = dead is null ? 0 : dead.Attempt + 1;
        // A pod that must not restart never gets a second sandbox once something has run in the first.
        if (pod.RestartPolicy() == "Never" && attempt != 0 && !actual.Containers.IsEmpty) return new PodPlan { Finished = true };
        var done = pod.RestartPolicy() == "OnFailure" && pod.Containers().All(c => actual.Latest(c.Name!) is { Exited: true, ExitCode: 0 });
        if (done && pod.Containers().Count > 0) return new PodPlan { Finished = true };
        return new PodPlan { DeadSandbox = dead, CreateSandbox = true, Attempt = attempt };
    }

    /// <summary>True when the container is to run (again) although it does not now.</summary>
    internal static bool ShouldRun(Pod pod, RuntimeContainer? latest) => latest switch
    {
        null => true,
        { State: RuntimeContainerState.Running } => false,
        { State: RuntimeContainerState.Created or RuntimeContainerState.Unknown } => true,
        _ => pod.RestartPolicy() switch
        {
            "Never" => false,
            "OnFailure" => latest.ExitCode != 0,
            _ => true,
        },
    };

    private sealed class Builder(Pod pod, RuntimePod actual, IProbeView probes, string sandboxId)
    {
        private readonly List<Container> _start = [];
        private readonly List<ContainerKill> _kill = [];

        /// <summary>An init container failed for good.</summary>
        public bool Failed { get; private set; }

        public PodPlan Build() => new() { Start = [.. _start], Kill = [.. _kill] };

        /// <summary>True when the regular containers may run.</summary>
        public bool PlanInitContainers()
        {
            var init = pod.InitContainers();
            if (init.Count == 0) return true;
            // A regular container in this sandbox proves that initialization was done; completed init containers may be collected since.
            var initialized = pod.Containers().Any(c => Here(c.Name!) is not null);
            var furthest = init.Count - 1;
            if (!initialized)
                while (furthest > 0 && Here(init[furthest].Name!) is null)
                    furthest--;
            for (var i = 0; i < init.Count; i++)
            {
                if (initialized || i < furthest)
                {
                    if (init[i].IsSidecar()) PlanSidecar(init[i]);
                    continue;
                }
                if (!PlanNextInit(init[i])) return false;
            }
            return !Failed;
        }

        /// <summary>True when the container is done (or, a sidecar, started), so that the next may run.</summary>
        private bool PlanNextInit(Container container)
        {
            var latest = Here(container.Name!);
            if (container.IsSidecar())
            {
                PlanSidecar(container);
                return latest is { Running: true } && probes.Started(latest);
            }
            switch (latest)
            {
                case { Running: true }: return false;
                case { Exited: true, ExitCode: 0 }: return true;
                case { Failed: true } when pod.RestartPolicy() == "Never":
                    Failed = true;
                    return false;
                default:
                    _start.Add(container);
                    return false;
            }
        }

        private void PlanSidecar(Container container)
        {
            var latest = Here(container.Name!);
            if (latest is not { Running: true }) _start.Add(container);
            else if (KillNeeded(container, latest, $"Init container {container.Name}") is { } kill)
                _kill.Add(kill with { Message = $"{kill.Message}, will be restarted" });
        }

        public PodPlan PlanContainers()
        {
            var kept = 0;
            foreach (var container in pod.Containers())
            {
                var latest = actual.Latest(container.Name!);
                if (latest is not { Running: true })
                {
                    if (!ShouldRun(pod, latest)) continue;
                    kept++;
                    _start.Add(container);
                }
                else
                {
                    var kill = KillNeeded(container, latest, $"Container {container.Name}");
                    var restart = kill is null || kill.Reason == KillReason.SpecChanged || pod.RestartPolicy() != "Never";
                    kept++;
                    if (kill is not null) _kill.Add(restart ? kill with { Message = $"{kill.Message}, will be restarted" } : kill);
                }
            }
            return kept == 0 && pod.Containers().Count > 0 ? new PodPlan { Finished = true } : Build();
        }

        private ContainerKill? KillNeeded(Container container, RuntimeContainer running, string subject)
        {
            if (running.Hash.Length > 0 && running.Hash != ContainerHash.Of(container))
                return new(running, $"{subject} definition changed", KillReason.SpecChanged);
            if (probes.LivenessFailed(running)) return new(running, $"{subject} failed liveness probe", KillReason.LivenessProbe);
            return probes.StartupFailed(running) ? new(running, $"{subject} failed startup probe", KillReason.StartupProbe) : null;
        }

        /// <summary>The newest instance in the sandbox that is now; one of an earlier sandbox says nothing about initialization.</summary>
        private RuntimeContainer? Here(string name) => actual.Latest(name) is { } latest && latest.SandboxId == sandboxId ? latest : null;
    }
}
