using System.Net;
using CloudPlane.Client;

namespace CloudPlane.Agent;

/// <summary>The agent's configuration, checked whole at start.</summary>
internal sealed record AgentOptions
{
    /// <summary>The API server, https.</summary>
    public required Uri Server { get; init; }

    /// <summary>The join token; needed until the node has a token of its own. Never logged.</summary>
    public string? Token { get; init; }

    /// <summary>PEM file of the authority to trust; null trusts the system's.</summary>
    public string? CaFile { get; init; }

    public required string NodeName { get; init; }

    /// <summary>Absolute. Holds the node's token, the pods' volumes, and by default CNI configuration and logs.</summary>
    public required string DataDirectory { get; init; }

    /// <summary>Path of containerd's socket.</summary>
    public required string ContainerdSocket { get; init; }
    public required string CniConfDirectory { get; init; }

    /// <summary>The network of all pods of the cluster.</summary>
    public IPNetwork PodNetwork { get; init; } = IPNetwork.Parse("10.244.0.0/16");

    /// <summary>The bridge that this node's pods are connected to.</summary>
    public string Bridge { get; init; } = "cloudplane0";
    public required string PodLogDirectory { get; init; }

    /// <summary>Where the kernel's cgroups are mounted.</summary>
    public string CgroupRoot { get; init; } = "/sys/fs/cgroup";

    /// <summary>The node's address; null to find it by the route to the server.</summary>
    public string? NodeIp { get; init; }

    /// <summary>Labels and taints that the node registers with.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();
    public IReadOnlyList<Taint> Taints { get; init; } = [];

    /// <summary>The cluster's DNS server for pods; null when there is none, and pods get the host's resolver.</summary>
    public string? ClusterDns { get; init; }
    public string ClusterDomain { get; init; } = "cluster.local";

    /// <summary>How many pods the node takes.</summary>
    public int MaxPods { get; init; } = 110;

    /// <summary>How often config maps and secrets in volumes are brought up to date; as the kubelet's syncFrequency.</summary>
    public TimeSpan VolumeRefreshPeriod { get; init; } = TimeSpan.FromSeconds(60);

    public bool Verbose { get; init; }

    public string TokenFile => Path.Combine(DataDirectory, "node.token");
}
