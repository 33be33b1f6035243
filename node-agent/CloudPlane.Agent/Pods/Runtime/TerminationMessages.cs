using System.Text;
using V1 = CloudPlane.Cri.V1;

namespace CloudPlane.Agent;

/// <summary>What a container had to say when it ended: its termination message file, or the end of its log.</summary>
internal sealed class TerminationMessages
{
    private const int FileLimit = 4096;
    private const int LogLimit = 2048;
    private const int LogLines = 80;

    /// <summary>The runtime's own message, then the container's.</summary>
    public string Read(V1.ContainerStatus status)
    {
        var source = TerminationSource.Of(status.Annotations, status.Mounts);
        var text = ReadFile(source);
        if (text.Length == 0 && source.OrLog && status.ExitCode != 0) text = ReadLog(status.LogPath);
        return status.Message.Length > 0 && text.Length > 0 ? $"{status.Message}: {text}" : status.Message + text;
    }

    /// <summary>The message of a container of which only the exit is known; null when it is in a log that may lack its end.</summary>
    public static string? AtExit(TerminationSource source, int exitCode)
    {
        var text = ReadFile(source);
        return text.Length == 0 && source.OrLog && exitCode != 0 ? null : text;
    }

    private static string ReadFile(TerminationSource source) =>
        source.File is null ? "" : Encoding.UTF8.GetString(Tail(source.File, FileLimit));

    /// <summary>The log's last lines without their CRI prefix ("time stream tag ").</summary>
    private static string ReadLog(string path)
    {
        var lines = Encoding.UTF8.GetString(Tail(path, 4 * LogLimit)).Split('\n');
        var text = new StringBuilder();
        foreach (var line in lines.Skip(Math.Max(0, lines.Length - LogLines - 1)))
        {
            var parts = line.Split(' ', 4);
            if (parts.Length == 4) text.Append(parts[3]).Append(parts[2].StartsWith('P') ? "" : "\n");
        }
        return text.Length > LogLimit ? text.ToString(text.Length - LogLimit, LogLimit) : text.ToString();
    }

    private static byte[] Tail(string path, int limit)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            if (file.Length > limit) file.Seek(-limit, SeekOrigin.End);
            var buffer = new byte[Math.Min(limit, file.Length)];
            return buffer[..file.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
