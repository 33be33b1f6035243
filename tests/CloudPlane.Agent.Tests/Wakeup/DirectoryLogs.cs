namespace CloudPlane.Agent.Tests;

/// <summary>Logs by pod name in a directory of their own.</summary>
internal sealed class DirectoryLogs : ILogSource, IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("agent-logs-").FullName;
    private int _asked;

    /// <summary>Whether followed logs may grow.</summary>
    public volatile bool StillRunning;

    /// <summary>How often a reader asked whether its log may grow.</summary>
    public int Asked => Volatile.Read(ref _asked);

    public string PathOf(string pod) => Path.Combine(_directory, pod + ".log");

    public ContainerLog Find(string @namespace, string pod, string container, bool previous) =>
        File.Exists(PathOf(pod))
            ? new ContainerLog(PathOf(pod), () =>
            {
                Interlocked.Increment(ref _asked);
                return StillRunning;
            })
            : throw new LogUnavailableException(404, $"pod \"{pod}\" not found");

    public IEnumerable<RunningLog> Running() => [];

    public void Dispose() => Directory.Delete(_directory, recursive: true);
}
