using CloudPlane.Client;

namespace CloudPlane.Agent;

/// <summary>The conditions that the kubelet owns, with its reasons and messages.</summary>
internal static class PodConditions
{
    /// <summary>The types that this agent writes; others in a pod's status belong to somebody else and are left alone.</summary>
    public static readonly IReadOnlyList<string> Owned =
        ["PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled"];

    public static IReadOnlyList<PodCondition> Of(PodStatusInput input, string phase, IReadOnlyList<ContainerStatus> init,
        IReadOnlyList<ContainerStatus> regular)
    {
        var containersReady = ContainersReady(input.Pod, phase, init, regular);
        PodCondition[] conditions =
        [
            new() { Type = "PodReadyToStartContainers", Status = Text(SandboxReady(input)) },
            Initialized(input.Pod, phase, init, regular),
            Ready(input.Pod, containersReady),
            containersReady,
            new() { Type = "PodScheduled", Status = "True" },
        ];
        return [.. conditions.Select(c => Stamp(c, input))];
    }

    private static bool SandboxReady(PodStatusInput input) =>
        !input.Terminal && input.Actual.Sandbox is { Ready: true } sandbox && (sandbox.Ip is not null || input.Pod.HostNetwork());

    private static PodCondition Initialized(Pod pod, string phase, IReadOnlyList<ContainerStatus> init,
        IReadOnlyList<ContainerStatus> regular)
    {
        var condition = new PodCondition { Type = "Initialized", Status = "True" };
        if (phase == PodPhase.Succeeded) return condition with { Reason = "PodCompleted" };
        // A regular container that runs or ran proves it, whatever became of the init containers' remains.
        if (regular.Any(s =>
            s.Started == true || s.State?.Running is not null || s.State?.Terminated is not null ||
            s.LastState?.Terminated is not null)) return condition;
        var incomplete = pod.InitContainers().Where(c => !Complete(c, init)).Select(c => c.Name).ToArray();
        if (incomplete.Length == 0) return condition;
        return condition with
        {
            Status = "False",
            Reason = "ContainersNotInitialized",
            Message = $"containers with incomplete status: [{string.Join(' ', incomplete)}]"
        };
    }

    private static bool Complete(Container container, IReadOnlyList<ContainerStatus> init)
    {
        var status = init.FirstOrDefault(s => s.Name == container.Name);
        return container.IsSidecar() ? status?.Started == true : status?.Ready == true;
    }

    private static PodCondition ContainersReady(Pod pod, string phase, IReadOnlyList<ContainerStatus> init,
        IReadOnlyList<ContainerStatus> regular)
    {
        var condition = new PodCondition { Type = "ContainersReady", Status = "False" };
        if (phase == PodPhase.Succeeded) return condition with { Reason = "PodCompleted" };
        if (phase == PodPhase.Failed) return condition with { Reason = "PodFailed" };
        var unready = pod.InitContainers().Where(c => c.IsSidecar() && init.FirstOrDefault(s => s.Name == c.Name)?.Ready != true)
            .Select(c => c.Name)
            .Concat(pod.Containers().Where(c => regular.FirstOrDefault(s => s.Name == c.Name)?.Ready != true).Select(c => c.Name))
                .ToArray();
        return unready.Length == 0
            ? condition with { Status = "True" }
            : condition with { Reason = "ContainersNotReady", Message = $"containers with unready status: [{string.Join(' ', unready)}]" };
    }

    private static PodCondition Ready(Pod pod, PodCondition containersReady)
    {
        var ready = containersReady with { Type = "Ready" };
        if (containersReady.Status != "True") return ready;
        var messages = new List<string>();
        foreach (var gate in pod.Spec?.ReadinessGates ?? [])
        {
            var condition = pod.Status?.Conditions?.FirstOrDefault(c => c.Type == gate.ConditionType);
            if (condition is null) messages.Add($"corresponding condition of pod readiness gate \"{gate.ConditionType}\" does not exist.");
            else if (condition.Status != "True")
                messages.Add($"the status of pod readiness gate \"{gate.ConditionType}\" is not \"True\", but {condition.Status}");
        }
        return messages.Count == 0
            ? ready : ready with { Status = "False", Reason = "ReadinessGatesNotReady", Message = string.Join(", ", messages) };
    }

    private static PodCondition Stamp(PodCondition condition, PodStatusInput input)
    {
        var before = input.Previous?.Conditions?.FirstOrDefault(c => c.Type == condition.Type);
        var since = before is not null && before.Status == condition.Status && before.LastTransitionTime is { } time
            ? time : ApiTime.WholeSeconds(input.Now);
        return condition with { LastTransitionTime = since, ObservedGeneration = input.Pod.Metadata.Generation };
    }

    private static string Text(bool value) => value ? "True" : "False";
}
