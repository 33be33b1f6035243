using CloudPlane.Client;

namespace CloudPlane.Agent;

/// <summary>A pod's status, computed from scratch out of what is known now (the kubelet's generateAPIPodStatus).</summary>
internal static class PodStatusBuilder
{
    public static PodStatus Build(PodStatusInput input)
    {
        if (input.Failure is { Rejected: true }) return Rejected(input);
        // It ended under an earlier agent and the runtime has nothing of it any more: what was reported then stays.
        if (input is
            {
                Terminal: true, Previous: { Phase: PodPhase.Succeeded or PodPhase.Failed } reported,
                Actual.Containers.IsEmpty: true
            }) return reported;
        var statuses = new ContainerStatuses(input);
        var (init, regular) = (statuses.Init(), statuses.Regular());
        var phase = Phase(input, init, regular);
        var ips = PodIps(input);
        return new PodStatus
        {
            ObservedGeneration = input.Pod.Metadata.Generation,
            Phase = phase,
            Conditions = PodConditions.Of(input, phase, init, regular),
            Reason = input.Failure?.Reason ?? KeptReason(input)?.Reason,
            Message = input.Failure?.Message ?? KeptReason(input)?.Message,
            HostIP = input.HostIp,
            HostIPs = [new HostIP { Ip = input.HostIp }],
            PodIP = ips.Count > 0 ? ips[0] : null,
            PodIPs = ips.Count > 0 ? [.. ips.Select(ip => new PodIP { Ip = ip })] : null,
            StartTime = input.Previous?.StartTime ?? ApiTime.WholeSeconds(input.Now),
            InitContainerStatuses = init.Count > 0 ? init : null,
            ContainerStatuses = regular,
            QosClass = input.Pod.Status?.QosClass ?? QosClass.Of(input.Pod),
        };
    }

    private static PodStatus Rejected(PodStatusInput input) => new()
    {
        ObservedGeneration = input.Pod.Metadata.Generation,
        Phase = PodPhase.Failed,
        Reason = input.Failure!.Reason,
        Message = input.Failure.Message,
        StartTime = input.Previous?.StartTime ?? ApiTime.WholeSeconds(input.Now),
        QosClass = input.Pod.Status?.QosClass ?? QosClass.Of(input.Pod),
    };

    private static string Phase(PodStatusInput input, IReadOnlyList<ContainerStatus> init, IReadOnlyList<ContainerStatus> regular)
    {
        if (input.Failure is not null) return PodPhase.Failed;
        // A pod never leaves a terminal phase.
        if (input.Previous?.Phase is PodPhase.Succeeded or PodPhase.Failed) return input.Previous.Phase;
        return PodPhase.Of(input.Pod, init, regular, input.Terminal);
    }

    private static PodStatus? KeptReason(PodStatusInput input) =>
        input.Previous is { Phase: PodPhase.Failed or PodPhase.Succeeded, Reason: not null } previous ? previous : null;

    private static IReadOnlyList<string> PodIps(PodStatusInput input)
    {
        if (input.Pod.HostNetwork()) return input.Actual.Sandbox is null && !input.Terminal ? [] : [input.HostIp];
        if (input.Actual.Sandbox is { Ips: { IsEmpty: false } ips }) return ips;
        // The address of a sandbox that is gone stays visible on a pod that has ended, as the kubelet keeps it.
        return input.Terminal || input.Actual.Sandbox is not null
            ? [.. (input.Previous?.PodIPs ?? []).Select(ip => ip.Ip ?? "").Where(ip => ip.Length > 0)] : [];
    }
}
