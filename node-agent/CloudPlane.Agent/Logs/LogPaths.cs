using System.Globalization;

namespace CloudPlane.Agent;

/// <summary>Where logs are: the kubelet's layout, which log collectors know, below a directory of the node's own.</summary>
internal static class LogPaths
{
    /// <summary>The directory of a pod's logs: CRI's PodSandboxConfig.log_directory.</summary>
    public static string PodDirectory(string root, string @namespace, string pod, string uid) => Path.Combine(root, $"{@namespace}_{pod}_{uid}");

    /// <summary>The file of a container's instance relative to its pod's directory: CRI's ContainerConfig.log_path.</summary>
    public static string Relative(string container, int restartCount) =>
        Path.Combine(container, string.Create(CultureInfo.InvariantCulture, $"{restartCount}.log"));

    /// <summary>The file of a container's instance.</summary>
    public static string File(string root, string @namespace, string pod, string uid, string container, int restartCount) =>
        Path.Combine(PodDirectory(root, @namespace, pod, uid), Relative(container, restartCount));
}
