using System.Globalization;
using System.Text;
using CloudPlane.Client;

namespace CloudPlane.Agent;

/// <summary>What a container may ask about its own pod (fieldRef, resourceFieldRef), in environment and downwardAPI volumes.</summary>
internal sealed record DownwardFields(Pod Pod, string NodeName, string HostIp, IReadOnlyList<string> PodIps, NodeAllocatable Allocatable)
{
    /// <exception cref="ContainerConfigException">The path names no field that may be asked for.</exception>
    public string Field(string path)
    {
        var open = path.IndexOf("['", StringComparison.Ordinal);
        if (open > 0 && path.EndsWith("']", StringComparison.Ordinal))
        {
            var key = path[(open + 2)..^2];
            return path[..open] switch
            {
                "metadata.labels" => Pod.Metadata.Labels?.GetValueOrDefault(key) ?? "",
                "metadata.annotations" => Pod.Metadata.Annotations?.GetValueOrDefault(key) ?? "",
                _ => throw Unknown(path),
            };
        }
        return path switch
        {
            "metadata.name" => Pod.Name(),
            "metadata.namespace" => Pod.Namespace(),
            "metadata.uid" => Pod.Uid(),
            "metadata.labels" => Lines(Pod.Metadata.Labels),
            "metadata.annotations" => Lines(Pod.Metadata.Annotations),
            "spec.nodeName" => NodeName,
            "spec.serviceAccountName" => Pod.Spec?.ServiceAccountName ?? "",
            "status.hostIP" or "status.hostIPs" => HostIp,
            "status.podIP" => PodIps.Count > 0 ? PodIps[0] : "",
            "status.podIPs" => string.Join(',', PodIps),
            _ => throw Unknown(path),
        };
    }

    /// <summary>A request or limit of a container in units of the divisor, rounded up; without a limit, what the node allows.</summary>
    public string Resource(ResourceFieldSelector selector, string? ownContainer)
    {
        var name = selector.ContainerName is { Length: > 0 } other ? other : ownContainer;
        var container = Pod.AllContainers().FirstOrDefault(c => c.Name == name)
            ?? throw new ContainerConfigException($"container {name} not found");
        var parts = (selector.Resource ?? "").Split('.', 2);
        if (parts.Length != 2 || parts[0] is not ("limits" or "requests"))
            throw new ContainerConfigException($"unsupported container resource : {selector.Resource}");
        var list = parts[0] == "limits" ? container.Resources?.Limits : container.Resources?.Requests;
        var amount = Resources.Amount(list, parts[1]) ?? (parts[0] == "limits" ? Allocatable.Of(parts[1]) : 0);
        var divisor = Quantity.TryParse(selector.Divisor ?? "1", out var parsed) && !parsed.IsZero ? parsed.MilliValue / 1000m : 1;
        return Math.Ceiling(amount / divisor).ToString("0", CultureInfo.InvariantCulture);
    }

    /// <summary>key="escaped value", a line each, sorted: the form of downwardAPI files.</summary>
    private static string Lines(IReadOnlyDictionary<string, string>? map)
    {
        var text = new StringBuilder();
        foreach (var (key, value) in (map ?? new Dictionary<string, string>()).OrderBy(e => e.Key, StringComparer.Ordinal))
        {
            if (text.Length > 0) text.Append('\n');
            text.Append(key).Append("=\"")
                .Append(value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)
                .Replace("\n", "\\n", StringComparison.Ordinal).Replace("\t", "\\t", StringComparison.Ordinal)).Append('"');
        }
        return text.ToString();
    }

    private static ContainerConfigException Unknown(string path) => new($"unsupported fieldPath: {path}");
}

/// <summary>What the node has for pods.</summary>
internal sealed record NodeAllocatable(long MilliCpu, long MemoryBytes, long EphemeralStorageBytes, int Pods)
{
    public decimal Of(string resource) => resource switch
    {
        "cpu" => MilliCpu / 1000m,
        "memory" => MemoryBytes,
        "ephemeral-storage" => EphemeralStorageBytes,
        "pods" => Pods,
        _ => 0,
    };
}
