using System.Text;
using CloudPlane.Client;

namespace CloudPlane.Agent;

/// <summary>The /etc/hosts that a pod's containers share, in the kubelet's form.</summary>
internal static class HostsFile
{
    private const string Header = "# Kubernetes-managed hosts file.\n";
    private const string HostNetworkHeader = "# Kubernetes-managed hosts file (host network).\n";

    public static string Content(Pod pod, IReadOnlyList<string> ips, string hostname, string? domain, Func<string> readHostFile)
    {
        var text = new StringBuilder();
        if (pod.HostNetwork())
        {
            text.Append(HostNetworkHeader).Append(readHostFile());
            AppendAliases(text, pod);
            return text.ToString();
        }
        text.Append(Header);
        text.Append(
            "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\nfe00::0\tip6-localnet\nfe00::0\tip6-mcastprefix\nfe00::1\tip6-allnodes\nfe00::2\tip6-allrouters\n");
        foreach (var ip in ips) text.Append(ip).Append('\t').Append(domain is null ? hostname : $"{hostname}.{domain}\t{hostname}")
            .Append('\n');
        AppendAliases(text, pod);
        return text.ToString();
    }

    private static void AppendAliases(StringBuilder text, Pod pod)
    {
        if (pod.Spec?.HostAliases is not { Count: > 0 } aliases) return;
        text.Append("\n# Entries added by HostAliases.\n");
        foreach (var alias in aliases) text.Append(alias.Ip).Append('\t').AppendJoin('\t', alias.Hostnames ?? []).Append('\n');
    }
}
