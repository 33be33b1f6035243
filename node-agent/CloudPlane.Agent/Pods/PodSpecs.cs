using CloudPlane.Client;

namespace CloudPlane.Agent;

/// <summary>Questions about a pod's spec that several steps ask.</summary>
internal static class PodSpecs
{
    /// <summary>Kubernetes' default, for a pod that came without one.</summary>
    public const long DefaultGracePeriodSeconds = 30;

    public static IReadOnlyList<Container> Containers(this Pod pod) => pod.Spec?.Containers ?? [];
    public static IReadOnlyList<Container> InitContainers(this Pod pod) => pod.Spec?.InitContainers ?? [];
    public static IEnumerable<Container> AllContainers(this Pod pod) => pod.InitContainers().Concat(pod.Containers());

    /// <summary>A sidecar (KEP-753): an init container that stays.</summary>
    public static bool IsSidecar(this Container container) => container.RestartPolicy == "Always";

    public static string RestartPolicy(this Pod pod) => pod.Spec?.RestartPolicy ?? "Always";
    public static bool HostNetwork(this Pod pod) => pod.Spec?.HostNetwork == true;
    public static string Uid(this Pod pod) => pod.Metadata.Uid ?? "";
    public static string Namespace(this Pod pod) => pod.Metadata.Namespace ?? "default";
    public static string Name(this Pod pod) => pod.Metadata.Name ?? "";
    public static bool Deleting(this Pod pod) => pod.Metadata.DeletionTimestamp is not null;

    /// <summary>The kubelet's way to name a pod in messages: name_namespace(uid).</summary>
    public static string FullName(this Pod pod) => $"{pod.Name()}_{pod.Namespace()}({pod.Uid()})";

    public static bool Terminal(this Pod pod) => pod.Status?.Phase is "Succeeded" or "Failed";

    /// <summary>How long the containers get to end by themselves, in seconds; the deletion's own period wins.</summary>
    public static long GracePeriodSeconds(this Pod pod) =>
        Math.Max(1, pod.Metadata.DeletionGracePeriodSeconds ?? pod.Spec?.TerminationGracePeriodSeconds ?? DefaultGracePeriodSeconds);

    public static Container? FindContainer(this Pod pod, string name) => pod.AllContainers().FirstOrDefault(c => c.Name == name);

    public static bool IsInit(this Pod pod, string name) => pod.InitContainers().Any(c => c.Name == name);
}
