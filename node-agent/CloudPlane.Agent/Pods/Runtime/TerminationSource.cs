using V1 = CloudPlane.Cri.V1;

namespace CloudPlane.Agent;

/// <summary>Where a container may say why it ended.</summary>
/// <param name="File">Its termination message's file on the host; null when it has none.</param>
/// <param name="OrLog">Whether the end of its log counts when the file is empty (FallbackToLogsOnError).</param>
internal sealed record TerminationSource(string? File, bool OrLog)
{
    public static TerminationSource None { get; } = new(null, false);

    /// <summary>By what its configuration, or its status, tells.</summary>
    public static TerminationSource Of(IDictionary<string, string> annotations, IEnumerable<V1.Mount> mounts)
    {
        annotations.TryGetValue(RuntimeLabels.TerminationMessagePath, out var path);
        annotations.TryGetValue(RuntimeLabels.TerminationMessagePolicy, out var policy);
        var file = string.IsNullOrEmpty(path) ? null : mounts.FirstOrDefault(m => m.ContainerPath == path)?.HostPath;
        return new TerminationSource(file, policy == "FallbackToLogsOnError");
    }
}
