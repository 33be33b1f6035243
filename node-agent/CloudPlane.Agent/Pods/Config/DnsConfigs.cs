using CloudPlane.Client;
using V1 = CloudPlane.Cri.V1;

namespace CloudPlane.Agent;

/// <summary>A pod's resolv.conf, from its dnsPolicy and dnsConfig.</summary>
internal static class DnsConfigs
{
    public static V1.DNSConfig Of(Pod pod, ResolvConf host, string? clusterDns, string clusterDomain)
    {
        var dns = new V1.DNSConfig();
        var policy = pod.Spec?.DnsPolicy ?? "ClusterFirst";
        // Without hostNetwork in its name, ClusterFirst on the host's network means the host's resolver.
        if (policy == "ClusterFirst" && pod.HostNetwork() || policy == "ClusterFirstWithHostNet" && clusterDns is null) policy = "Default";
        switch (policy)
        {
            case "None":
                break;
            case "ClusterFirst" or "ClusterFirstWithHostNet" when clusterDns is not null:
                dns.Servers.Add(clusterDns);
                dns.Searches.AddRange([$"{pod.Namespace()}.svc.{clusterDomain}", $"svc.{clusterDomain}", clusterDomain, .. host.Searches]);
                dns.Options.Add("ndots:5");
                break;
            default:
                dns.Servers.AddRange(host.Servers);
                dns.Searches.AddRange(host.Searches);
                dns.Options.AddRange(host.Options);
                break;
        }
        Merge(dns, pod.Spec?.DnsConfig);
        return dns;
    }

    private static void Merge(V1.DNSConfig dns, PodDNSConfig? config)
    {
        foreach (var server in config?.Nameservers ?? []) if (!dns.Servers.Contains(server)) dns.Servers.Add(server);
        foreach (var search in config?.Searches ?? []) if (!dns.Searches.Contains(search)) dns.Searches.Add(search);
        foreach (var option in config?.Options ?? [])
        {
            if (option.Name is not { Length: > 0 } name) continue;
            var same = dns.Options.FirstOrDefault(o => o == name || o.StartsWith($"{name}:", StringComparison.Ordinal));
            if (same is not null) dns.Options.Remove(same);
            dns.Options.Add(option.Value is { Length: > 0 } value ? $"{name}:{value}" : name);
        }
    }
}
