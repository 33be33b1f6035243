using System.Globalization;

namespace CloudPlane.Doubles;

/// <summary>Reads a process' memory.</summary>
internal static class HandlerMemory
{
    /// <summary>The most that was resident at once, in MiB; 0 when the process is gone.</summary>
    public static long PeakOf(int processId)
    {
        try
        {
            var line = File.ReadLines($"/proc/{processId}/status").FirstOrDefault(l => l.StartsWith("VmHWM:", StringComparison.Ordinal));
            return line is null ? 0 : long.Parse(line["VmHWM:".Length..^"kB".Length], CultureInfo.InvariantCulture) / 1024;
        }
        catch (IOException)
        {
            return 0;
        }
    }
}
