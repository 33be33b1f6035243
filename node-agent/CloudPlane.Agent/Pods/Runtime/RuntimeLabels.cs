namespace CloudPlane.Agent;

/// <summary>
/// The labels and annotations by which a sandbox or container says what it belongs to. They are the kubelet's own names, so that
/// every tool that reads containerd on a Kubernetes node understands ours, and so that a restarted agent adopts what runs.
/// </summary>
internal static class RuntimeLabels
{
    public const string PodName = "io.kubernetes.pod.name";
    public const string PodNamespace = "io.kubernetes.pod.namespace";
    public const string PodUid = "io.kubernetes.pod.uid";
    public const string ContainerName = "io.kubernetes.container.name";

    public const string ContainerHash = "io.kubernetes.container.hash";
    public const string RestartCount = "io.kubernetes.container.restartCount";
    public const string TerminationMessagePath = "io.kubernetes.container.terminationMessagePath";
    public const string TerminationMessagePolicy = "io.kubernetes.container.terminationMessagePolicy";
    public const string TerminationGracePeriod = "io.kubernetes.pod.terminationGracePeriod";
    public const string ConfigSeen = "kubernetes.io/config.seen";
    public const string ConfigSource = "kubernetes.io/config.source";

    /// <summary>
    /// Which agent made the sandbox (its node's name): agents that share one containerd must not take each other's pods for orphans.
    /// </summary>
    public const string NodeName = "cloudplane.io/node-name";
}
