using CloudPlane.Client;

namespace CloudPlane.Agent;

/// <summary>What a pod may ask for and this agent has no code for: it is refused by name, since ignoring it would run another pod than was
/// asked for.</summary>
internal static class UnsupportedFeature
{
    private const string AppArmorSwitch = "/sys/module/apparmor/parameters/enabled";

    /// <summary>The field, as kubectl explain names it; null when there is none.</summary>
    public static string? Of(Pod pod)
    {
        if (pod.Spec?.HostUsers == false) return "spec.hostUsers=false";
        // They are the limits of a pod's own cgroup, which this agent does not make.
        if (pod.Spec?.Resources is { Limits.Count: > 0 } or { Requests.Count: > 0 }) return "spec.resources";
        if (AppArmor(pod.Spec?.SecurityContext?.AppArmorProfile))
            return "spec.securityContext.appArmorProfile without AppArmor on the host";
        if (pod.Spec?.SecurityContext?.SupplementalGroupsPolicy == "Strict") return "spec.securityContext.supplementalGroupsPolicy=Strict";
        foreach (var container in pod.AllContainers())
        {
            if (AppArmor(container.SecurityContext?.AppArmorProfile))
                return $"the appArmorProfile of container {container.Name} without AppArmor on the host";
            if (container.Lifecycle?.StopSignal is { Length: > 0 }) return $"lifecycle.stopSignal of container {container.Name}";
        }
        return null;
    }

    private static bool AppArmor(AppArmorProfile? profile) =>
        profile?.Type is "RuntimeDefault" or "Localhost" &&
        !(File.Exists(AppArmorSwitch) && File.ReadAllText(AppArmorSwitch).StartsWith('Y'));
}
