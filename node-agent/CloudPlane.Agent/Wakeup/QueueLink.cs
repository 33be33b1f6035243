using System.Text.Json;

namespace CloudPlane.Agent;

/// <summary>How this node hears of changes where it holds no watch: a queue of its own, and a token that may listen on it.</summary>
/// <param name="Queue">The queue's address.</param>
/// <param name="Token">An Authorization header. A secret.</param>
/// <param name="RenewAt">When to ask for another token.</param>
/// <param name="Heartbeat">How often to renew the Lease.</param>
internal sealed record QueueLink(Uri Queue, string Token, DateTimeOffset RenewAt, TimeSpan Heartbeat)
{
    /// <summary>A token is renewed when about this part of its life is over.</summary>
    private const double RenewAfter = 0.8;
    private const int LongestHeartbeat = 3600;

    /// <summary>Whether the control plane has no queues, but watches.</summary>
    public static bool SaysWatch(ReadOnlyMemory<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            return document.RootElement is { ValueKind: JsonValueKind.Object } root && root.TryGetProperty("watch", out var watch) && watch.ValueKind == JsonValueKind.True;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <summary>Null when the text is no link.</summary>
    public static QueueLink? Parse(ReadOnlyMemory<byte> json, DateTimeOffset now)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            var root = document.RootElement;
            var token = root.GetProperty("token").GetString();
            // Not the time at which it expires: this machine's clock may be wrong.
            var lifetime = TimeSpan.FromSeconds(root.GetProperty("expiresInSeconds").GetInt32());
            var heartbeat = root.GetProperty("heartbeatSeconds").GetInt32();
            return Uri.TryCreate(root.GetProperty("queue").GetString(), UriKind.Absolute, out var queue) && IsSafe(queue)
                && token is { Length: > 0 } && lifetime > TimeSpan.Zero && heartbeat is > 0 and <= LongestHeartbeat
                ? new QueueLink(queue, token, RenewalOf(now, lifetime, TimeSpan.FromSeconds(heartbeat)), TimeSpan.FromSeconds(heartbeat))
                : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            return null;
        }
    }

    /// <summary>Not into a log by accident.</summary>
    public override string ToString() => Queue.ToString();

    /// <summary>With a heartbeat, which has the control plane awake anyway, where one comes in time.</summary>
    private static DateTimeOffset RenewalOf(DateTimeOffset now, TimeSpan lifetime, TimeSpan heartbeat)
    {
        var latest = now + lifetime * RenewAfter;
        var aligned = new DateTimeOffset(latest.UtcTicks - latest.UtcTicks % heartbeat.Ticks, TimeSpan.Zero);
        return aligned > now ? aligned : latest;
    }

    // Tokens must not cross a network in the clear.
    private static bool IsSafe(Uri queue) => queue.Scheme == Uri.UriSchemeHttps || queue.Scheme == Uri.UriSchemeHttp && queue.IsLoopback;
}
