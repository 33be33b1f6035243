namespace CloudPlane.Agent;

/// <summary>One setting: a flag, its environment variable, and its key in the configuration file (the flag's name).</summary>
internal sealed record Setting(string Name, string Value, string Help)
{
    public string Variable => $"CLOUDPLANE_{Name.Replace('-', '_').ToUpperInvariant()}";

    public const string Config = "config";

    public static IReadOnlyList<Setting> All { get; } =
    [
        new("server", "URL", "the API server, e.g. https://10.0.0.1:6443 (required)"),
        new("token", "TOKEN", "the join token (`cloudplane token create`); needed until the node has joined"),
        new("ca", "FILE", "PEM file of the certificate authority to trust; default: the system's"),
        new("name", "NODE", "the node's name; default: the host name in lower case"),
        new("data", "DIR", "state of the agent: node token, volumes; default: /var/lib/cloudplane-node"),
        new("containerd", "SOCKET", "containerd's socket; default: /run/containerd/containerd.sock"),
        new("cni-conf-dir", "DIR", "where containerd reads the pod network's configuration; default: <data>/cni/net.d"),
        new("pod-log-dir", "DIR", "the containers' logs; default: <data>/logs"),
        new("pod-cidr", "CIDR", "the network of all pods: traffic within it keeps the pod's address; default: 10.244.0.0/16"),
        new("bridge", "NAME", "the bridge that pods are connected to, at most 15 characters; default: cloudplane0"),
        new("node-ip", "IP", "the node's address; default: the one from which it reaches the server"),
        new("labels", "K=V,...", "labels that the node registers with"),
        new("taints", "K=V:EFFECT,...", "taints that the node registers with"),
        new("cluster-dns", "IP", "the cluster's DNS server; default: none, pods use the host's resolver"),
        new("cluster-domain", "DOMAIN", "the cluster's DNS domain; default: cluster.local"),
        new("max-pods", "N", "how many pods the node takes; default: 110"),
        new("verbose", "true|false", "log details; default: false"),
        new(Config, "FILE", "YAML file with these settings, e.g. `server: https://...`"),
    ];
}
