using System.Globalization;
using System.IO.Compression;
using CloudPlane.Cri;
using CloudPlane.Cri.V1;

namespace CloudPlane.Agent;

/// <summary>
/// Keeps logs bounded as the kubelet does (containerLogMaxSize, containerLogMaxFiles): a log over its size is renamed to
/// "0.log.20060102-150405" and the runtime told to open a new one; older ones are compressed, and the oldest removed.
/// </summary>
internal sealed class LogRotator(ICriRuntime runtime, ILogSource source, TimeProvider time)
{
    /// <summary>The size in bytes at which a log is rotated. Default 10 MiB.</summary>
    public long MaxSize { get; init; } = 10 * 1024 * 1024;

    /// <summary>How many files of one log there may be, the current one included. Default 5.</summary>
    public int MaxFiles { get; init; } = 5;

    /// <summary>How often sizes are looked at. Default 10 s.</summary>
    public TimeSpan Period { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Runs until the token is cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        while (await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false))
            await RotateAllAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Looks at every log once. One that can't be rotated now is tried again the next time.</summary>
    public async Task RotateAllAsync(CancellationToken cancellationToken)
    {
        foreach (var log in source.Running())
        {
            try
            {
                if (new FileInfo(log.Path) is { Exists: true } file && file.Length >= MaxSize)
                    await RotateAsync(log, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or CriException)
            {
                // The container may have ended meanwhile, or the disk is full: nothing that the next look would not see.
            }
        }
    }

    private async Task RotateAsync(RunningLog log, CancellationToken cancellationToken)
    {
        var older = Older(log.Path);
        // The current one becomes one more, and a new one is made.
        foreach (var surplus in older.SkipLast(Math.Max(0, MaxFiles - 2)))
            File.Delete(surplus);
        foreach (var kept in older.TakeLast(Math.Max(0, MaxFiles - 2)).Where(path => !path.EndsWith(".gz", StringComparison.Ordinal)))
            await CompressAsync(kept, cancellationToken).ConfigureAwait(false);
        var rotated = log.Path + time.GetUtcNow().ToString("'.'yyyyMMdd'-'HHmmss", CultureInfo.InvariantCulture);
        File.Move(log.Path, rotated);
        try
        {
            await runtime.ReopenContainerLogAsync(new ReopenContainerLogRequest { ContainerId = log.ContainerId }, cancellationToken).ConfigureAwait(false);
        }
        catch when (!File.Exists(log.Path))
        {
            // The runtime still writes to the old file: give it its name back, so that it is found.
            File.Move(rotated, log.Path);
            throw;
        }
    }

    /// <summary>The rotated files, oldest first; leftovers of an interrupted compression are removed.</summary>
    private static List<string> Older(string path)
    {
        // Not by the pattern "0.log.*": .NET lets it match "0.log" too.
        var files = Directory.GetFiles(Path.GetDirectoryName(path)!).Where(file => file.StartsWith(path + ".", StringComparison.Ordinal)).ToArray();
        foreach (var leftover in files.Where(file => file.EndsWith(".tmp", StringComparison.Ordinal)))
            File.Delete(leftover);
        foreach (var done in files.Where(file => files.Contains(file + ".gz")))
            File.Delete(done);
        return [.. files.Where(file => File.Exists(file)).Order(StringComparer.Ordinal)];
    }

    private static async Task CompressAsync(string path, CancellationToken cancellationToken)
    {
        var unfinished = path + ".tmp";
        using (var from = File.OpenRead(path))
        using (var to = new GZipStream(File.Create(unfinished), CompressionLevel.Optimal))
            await from.CopyToAsync(to, cancellationToken).ConfigureAwait(false);
        File.Move(unfinished, path + ".gz");
        File.Delete(path);
    }
}
