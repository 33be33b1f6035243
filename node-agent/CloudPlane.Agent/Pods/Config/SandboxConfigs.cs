using System.Globalization;
using CloudPlane.Client;
using V1 = CloudPlane.Cri.V1;

namespace CloudPlane.Agent;

/// <summary>A pod's sandbox as CRI wants it described.</summary>
internal sealed class SandboxConfigs(AgentOptions options, PodPaths paths, ResolvConf hostResolver)
{
    public V1.PodSandboxConfig Of(Pod pod, int attempt)
    {
        var config = new V1.PodSandboxConfig
        {
            Metadata = new V1.PodSandboxMetadata
            {
                Name = pod.Name(),
                Namespace = pod.Namespace(),
                Uid = pod.Uid(),
                Attempt = (uint)attempt
            },
            LogDirectory = paths.Logs(pod),
            DnsConfig = DnsConfigs.Of(pod, hostResolver, options.ClusterDns, options.ClusterDomain),
            Linux = new V1.LinuxPodSandboxConfig { SecurityContext = SecurityContexts.ForSandbox(pod) },
        };
        // On the host's network the runtime takes the host's own name.
        if (!pod.HostNetwork()) config.Hostname = PodHostname.Of(pod, options.NodeName);
        foreach (var sysctl in pod.Spec?.SecurityContext?.Sysctls ?? []) config.Linux.Sysctls[sysctl.Name ?? ""] = sysctl.Value ?? "";
        if (!pod.HostNetwork()) config.PortMappings.AddRange(PortMappings(pod));
        AddLabels(config, pod);
        return config;
    }

    private void AddLabels(V1.PodSandboxConfig config, Pod pod)
    {
        foreach (var (key, value) in pod.Metadata.Labels ?? new Dictionary<string, string>()) config.Labels[key] = value;
        config.Labels[RuntimeLabels.PodName] = pod.Name();
        config.Labels[RuntimeLabels.PodNamespace] = pod.Namespace();
        config.Labels[RuntimeLabels.PodUid] = pod.Uid();
        foreach (var (key, value) in pod.Metadata.Annotations ?? new Dictionary<string, string>())
            if (key != "kubectl.kubernetes.io/last-applied-configuration") config.Annotations[key] = value;
        config.Annotations[RuntimeLabels.ConfigSource] = "api";
        config.Annotations[RuntimeLabels.NodeName] = options.NodeName;
        config.Annotations[RuntimeLabels.TerminationGracePeriod] = pod.GracePeriodSeconds().ToString(CultureInfo.InvariantCulture);
    }

    private static IEnumerable<V1.PortMapping> PortMappings(Pod pod) =>
        from container in pod.AllContainers()
        from port in container.Ports ?? []
        where port.HostPort is > 0
        select new V1.PortMapping
        {
            ContainerPort = port.Port ?? 0,
            HostPort = port.HostPort ?? 0,
            HostIp = port.HostIP ?? "",
            Protocol = port.Protocol switch { "UDP" => V1.Protocol.Udp, "SCTP" => V1.Protocol.Sctp, _ => V1.Protocol.Tcp },
        };
}
