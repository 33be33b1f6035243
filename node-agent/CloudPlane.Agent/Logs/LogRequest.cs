using System.Text.Json;

namespace CloudPlane.Agent;

/// <summary>One line of the tunnel: what to answer, and under which id.</summary>
internal sealed record LogRequest(string Id, string Path)
{
    private static readonly TimeSpan EndingPoll = TimeSpan.FromMilliseconds(10);

    // Only a runtime that is away, or overloaded, lets anybody wait for so long.
    private static readonly TimeSpan LongestEnding = TimeSpan.FromSeconds(5);

    /// <summary>Reads a line; null when it is none.</summary>
    public static LogRequest? Parse(ReadOnlyMemory<byte> line)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            var root = document.RootElement;
            return root.ValueKind == JsonValueKind.Object && Text(root, "id") is { Length: > 0 } id && Text(root, "path") is { } path ? new LogRequest(id, path) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Finds and opens the log of "/containerLogs/{namespace}/{pod}/{container}?options".</summary>
    /// <exception cref="LogUnavailableException">There is none.</exception>
    public static async Task<LogReader> OpenAsync(string path, ILogSource source, TimeProvider time, CancellationToken cancellationToken)
    {
        var query = path.IndexOf('?', StringComparison.Ordinal);
        var segments = (query < 0 ? path : path[..query]).Split('/');
        if (segments is not ["", "containerLogs", var space, var pod, var container])
            throw new LogUnavailableException(404, $"the node does not serve {(query < 0 ? path : path[..query])}");
        var options = LogOptions.Parse(query < 0 ? "" : path[query..], time.GetUtcNow());
        var log = source.Find(Uri.UnescapeDataString(space), Uri.UnescapeDataString(pod), Uri.UnescapeDataString(container), options.Previous);
        // Whoever has seen a container end must find its last words.
        for (var waited = TimeSpan.Zero; log.Ending() && waited < LongestEnding; waited += EndingPoll)
            await Task.Delay(EndingPoll, time, cancellationToken).ConfigureAwait(false);
        return LogReader.Open(log, options, time);
    }

    private static string? Text(JsonElement root, string name) =>
        root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
