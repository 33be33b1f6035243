using System.Globalization;

namespace CloudPlane.Doubles;

/// <summary>What the host itself has to say, in host.log of the log folder: executions that failed and why.</summary>
internal sealed class HostLog(string folder, TimeProvider time)
{
    private readonly Lock _lock = new();

    public void Failed(string function, string instance, string reason)
    {
        var line = $"{time.GetUtcNow().ToString("O", CultureInfo.InvariantCulture)} {function} on {instance} failed: {reason}\n";
        lock (_lock)
            File.AppendAllText(Path.Combine(folder, "host.log"), line);
    }
}
