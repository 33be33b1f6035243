using System.Globalization;

namespace CloudPlane.Agent;

/// <summary>
/// How many processes of a container the kernel killed for its memory. The runtime's events of that and of the container's exit come in
/// any order; the kernel counts before it kills.
/// </summary>
/// <param name="root">Where the cgroups are mounted: /sys/fs/cgroup.</param>
internal sealed class MemoryKills(string root)
{
    // Where containerd puts the containers of its CRI plugin when nobody names a parent.
    private const string Parent = "k8s.io";

    /// <summary>Null when that can't be told: the cgroup is gone, or is elsewhere (a systemd driver), or has cgroups of its own.</summary>
    public long? Of(string containerId) =>
        Count(Path.Combine(root, "memory", Parent, containerId), "memory.oom_control") ??
        Count(Path.Combine(root, Parent, containerId), "memory.events");

    private static long? Count(string directory, string file)
    {
        try
        {
            // Version 1 counts each cgroup for itself.
            if (!Directory.Exists(directory) || Directory.EnumerateDirectories(directory).Any()) return null;
            foreach (var line in File.ReadLines(Path.Combine(directory, file)))
                if (line.StartsWith("oom_kill ", StringComparison.Ordinal))
                    return long.Parse(line.AsSpan("oom_kill ".Length), NumberStyles.None, CultureInfo.InvariantCulture);
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException or OverflowException)
        {
            // Removed while it was read, or no cgroup at all.
            return null;
        }
    }
}
