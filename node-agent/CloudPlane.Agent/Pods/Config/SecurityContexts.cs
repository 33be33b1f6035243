using CloudPlane.Client;
using V1 = CloudPlane.Cri.V1;

namespace CloudPlane.Agent;

/// <summary>Pod and container security contexts as CRI's; the container's own settings win over its pod's.</summary>
internal static class SecurityContexts
{
    // The defaults of every container runtime (procMount: Default).
    private static readonly string[] MaskedPaths =
    [
        "/proc/asound", "/proc/acpi", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list",
        "/proc/timer_stats", "/proc/sched_debug", "/proc/scsi", "/sys/firmware", "/sys/devices/virtual/powercap",
    ];
    private static readonly string[] ReadonlyPaths = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];

    public static V1.NamespaceOption Namespaces(Pod pod) => new()
    {
        Network = pod.HostNetwork() ? V1.NamespaceMode.Node : V1.NamespaceMode.Pod,
        Pid = pod.Spec?.HostPID == true ? V1.NamespaceMode.Node : pod.Spec?.ShareProcessNamespace == true
            ? V1.NamespaceMode.Pod : V1.NamespaceMode.Container,
        Ipc = pod.Spec?.HostIPC == true ? V1.NamespaceMode.Node : V1.NamespaceMode.Pod,
    };

    public static V1.LinuxSandboxSecurityContext ForSandbox(Pod pod)
    {
        var context = pod.Spec?.SecurityContext;
        var security = new V1.LinuxSandboxSecurityContext
        {
            NamespaceOptions = Namespaces(pod),
            Privileged = pod.AllContainers().Any(c => c.SecurityContext?.Privileged == true),
            // The pause process itself always runs under the runtime's profile.
            Seccomp = new V1.SecurityProfile { ProfileType = V1.SecurityProfile.Types.ProfileType.RuntimeDefault },
            RunAsUser = Value(context?.RunAsUser),
        };
        // CRI refuses a group without a user.
        if (context?.RunAsUser is not null) security.RunAsGroup = Value(context.RunAsGroup);
        security.SupplementalGroups.AddRange(Groups(pod));
        return security;
    }

    public static V1.LinuxContainerSecurityContext ForContainer(Pod pod, Container container, V1.Image? image)
    {
        var own = container.SecurityContext;
        var shared = pod.Spec?.SecurityContext;
        var privileged = own?.Privileged == true;
        var security = new V1.LinuxContainerSecurityContext
        {
            Privileged = privileged,
            NamespaceOptions = Namespaces(pod),
            ReadonlyRootfs = own?.ReadOnlyRootFilesystem == true,
            NoNewPrivs = own?.AllowPrivilegeEscalation == false,
            Seccomp = Seccomp(own?.SeccompProfile ?? shared?.SeccompProfile, privileged),
            Apparmor = AppArmor(own?.AppArmorProfile ?? shared?.AppArmorProfile, privileged),
        };
        SetUser(security, own?.RunAsUser ?? shared?.RunAsUser, own?.RunAsGroup ?? shared?.RunAsGroup, image);
        security.SupplementalGroups.AddRange(Groups(pod));
        if (own?.Capabilities is { } capabilities)
        {
            security.Capabilities = new V1.Capability();
            security.Capabilities.AddCapabilities.AddRange(capabilities.Add ?? []);
            security.Capabilities.DropCapabilities.AddRange(capabilities.Drop ?? []);
        }
        if (!privileged && own?.ProcMount != "Unmasked")
        {
            security.MaskedPaths.AddRange(MaskedPaths);
            security.ReadonlyPaths.AddRange(ReadonlyPaths);
        }
        return security;
    }

    /// <summary>Refuses to run as root what must not: the kubelet's verifyRunAsNonRoot, with its messages.</summary>
    /// <exception cref="ContainerConfigException">The container would run as root.</exception>
    public static void VerifyNonRoot(Pod pod, Container container, V1.Image? image)
    {
        var own = container.SecurityContext;
        var shared = pod.Spec?.SecurityContext;
        if ((own?.RunAsNonRoot ?? shared?.RunAsNonRoot) != true) return;
        var subject = $"(pod: \"{pod.FullName()}\", container: {container.Name})";
        if ((own?.RunAsUser ?? shared?.RunAsUser) is { } user)
        {
            if (user == 0) throw new ContainerConfigException($"container's runAsUser breaks non-root policy {subject}");
            return;
        }
        if (image?.Uid is { Value: 0 } || image is { Uid: null, Username: "" })
            throw new ContainerConfigException($"container has runAsNonRoot and image will run as root {subject}");
        if (image is { Uid: null, Username.Length: > 0 })
            throw new ContainerConfigException(
                $"container has runAsNonRoot and image has non-numeric user ({image.Username}), cannot verify user is non-root {subject}");
    }

    private static void SetUser(V1.LinuxContainerSecurityContext security, long? user, long? group, V1.Image? image)
    {
        if (user is not null) security.RunAsUser = Value(user);
        else if (image?.Uid is { } uid) security.RunAsUser = new V1.Int64Value { Value = uid.Value };
        else if (image is { Username.Length: > 0 }) security.RunAsUsername = image.Username;
        else if (group is not null) security.RunAsUser = new V1.Int64Value { Value = 0 };
        security.RunAsGroup = Value(group);
    }

    private static IEnumerable<long> Groups(Pod pod)
    {
        var context = pod.Spec?.SecurityContext;
        foreach (var group in context?.SupplementalGroups ?? []) yield return group;
        if (context?.FsGroup is { } fsGroup) yield return fsGroup;
    }

    private static V1.SecurityProfile Seccomp(SeccompProfile? profile, bool privileged)
    {
        if (privileged || profile is null) return new() { ProfileType = V1.SecurityProfile.Types.ProfileType.Unconfined };
        return profile.Type switch
        {
            "RuntimeDefault" => new() { ProfileType = V1.SecurityProfile.Types.ProfileType.RuntimeDefault },
            "Localhost" => new()
            {
                ProfileType = V1.SecurityProfile.Types.ProfileType.Localhost,
                LocalhostRef = $"/var/lib/kubelet/seccomp/{profile.LocalhostProfile}"
            },
            _ => new() { ProfileType = V1.SecurityProfile.Types.ProfileType.Unconfined },
        };
    }

    private static V1.SecurityProfile? AppArmor(AppArmorProfile? profile, bool privileged) => profile?.Type switch
    {
        "RuntimeDefault" when !privileged => new() { ProfileType = V1.SecurityProfile.Types.ProfileType.RuntimeDefault },
        "Localhost" when !privileged =>
            new() { ProfileType = V1.SecurityProfile.Types.ProfileType.Localhost, LocalhostRef = $"localhost/{profile.LocalhostProfile}" },
        "Unconfined" => new() { ProfileType = V1.SecurityProfile.Types.ProfileType.Unconfined },
        _ => null,
    };

    private static V1.Int64Value? Value(long? value) => value is { } number ? new V1.Int64Value { Value = number } : null;
}

/// <summary>A container's configuration can't be made: its status says CreateContainerConfigError with this message.</summary>
internal sealed class ContainerConfigException(string message) : Exception(message);
