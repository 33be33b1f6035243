using CloudPlane.Client;

namespace CloudPlane.Agent;

/// <summary>Where a pod's files are, by the kubelet's layout under the agent's data directory.</summary>
internal sealed class PodPaths(string dataDirectory, string logDirectory)
{
    public string LogRoot => logDirectory;
    public string PodsRoot => Path.Combine(dataDirectory, "pods");

    public string Pod(string uid) => Path.Combine(dataDirectory, "pods", uid);

    public string Volume(string uid, string kind, string name) => Path.Combine(Pod(uid), "volumes", $"kubernetes.io~{kind}", name);

    public string HostsFile(string uid) => Path.Combine(Pod(uid), "etc-hosts");

    /// <summary>A file per instance: each has a termination message of its own.</summary>
    public string TerminationMessage(string uid, string container, int restartCount) =>
        Path.Combine(Pod(uid), "containers", container, $"termination-{restartCount}");

    public string Logs(string ns, string name, string uid) => Path.Combine(logDirectory, $"{ns}_{name}_{uid}");

    public string Logs(Pod pod) => Logs(pod.Namespace(), pod.Name(), pod.Uid());

    /// <summary>Relative to the pod's log directory, as CRI wants it.</summary>
    public static string LogFile(string container, int restartCount) => $"{container}/{restartCount}.log";
}
