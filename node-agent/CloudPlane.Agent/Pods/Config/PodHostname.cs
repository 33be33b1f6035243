using CloudPlane.Client;

namespace CloudPlane.Agent;

/// <summary>What a pod calls itself.</summary>
internal static class PodHostname
{
    // The kernel's limit (HOST_NAME_MAX - 1), to which the kubelet cuts pod names.
    private const int MaximumLength = 63;

    /// <summary>The hostname; "" on the host's network, where the pod has the host's.</summary>
    public static string Of(Pod pod, string nodeName)
    {
        if (pod.Spec?.HostnameOverride is { Length: > 0 } forced) return forced;
        if (pod.HostNetwork()) return nodeName;
        var name = pod.Spec?.Hostname is { Length: > 0 } own ? own : pod.Name();
        var cut = name.Length > MaximumLength ? name[..MaximumLength].TrimEnd('-', '.') : name;
        return pod.Spec?.SetHostnameAsFQDN == true && Domain(pod, "cluster.local") is { } domain ? $"{cut}.{domain}" : cut;
    }

    /// <summary>subdomain.namespace.svc.clusterDomain, for a pod with a subdomain.</summary>
    public static string? Domain(Pod pod, string clusterDomain) =>
        pod.Spec?.Subdomain is { Length: > 0 } subdomain ? $"{subdomain}.{pod.Namespace()}.svc.{clusterDomain}" : null;
}
