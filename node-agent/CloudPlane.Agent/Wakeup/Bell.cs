using System.Text.Json;

namespace CloudPlane.Agent;

/// <summary>A message of the node's queue.</summary>
internal abstract record Bell
{
    /// <summary>Something changed that concerns this node.</summary>
    public sealed record Changed(LookAt What) : Bell;

    /// <summary>Somebody wants to read from this node.</summary>
    public sealed record Stream(StreamRequest Request) : Bell;

    /// <summary>Null when the message is no bell. One of a kind that this agent does not know makes it look at everything.</summary>
    public static Bell? Parse(ReadOnlyMemory<byte> message)
    {
        try
        {
            using var document = JsonDocument.Parse(message);
            var root = document.RootElement;
            if (root.TryGetProperty("stream", out var stream)) return StreamRequest.Read(stream) is { } request ? new Stream(request) : null;
            return root.TryGetProperty("changed", out var changed)
                ? new Changed(changed.GetString() switch
                {
                    "pods" => LookAt.Pods,
                    "nodes" => LookAt.Nodes,
                    "configmaps" or "secrets" => LookAt.Volumes,
                    _ => LookAt.Everything,
                })
                : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}

/// <summary>What to look at.</summary>
[Flags]
internal enum LookAt
{
    None = 0,

    /// <summary>The pods of this node, and with new ones the services that they are told of.</summary>
    Pods = 1,

    Nodes = 2,

    Services = 4,

    /// <summary>The config maps and secrets that volumes of running pods show.</summary>
    Volumes = 8,

    Everything = Pods | Nodes | Services | Volumes,
}

/// <summary>A request for a stream, e.g. of a log.</summary>
/// <param name="Path">What of this node, e.g. "/containerLogs/...".</param>
/// <param name="Reply">The queue that takes the answer.</param>
/// <param name="Token">An Authorization header for it. A secret.</param>
internal sealed record StreamRequest(string Path, Uri Reply, string Token)
{
    /// <exception cref="InvalidOperationException">A field has the wrong type.</exception>
    public static StreamRequest? Read(JsonElement stream) =>
        stream.TryGetProperty("path", out var path) && path.GetString() is { } text
        && stream.TryGetProperty("reply", out var reply) && Uri.TryCreate(reply.GetString(), UriKind.Absolute, out var address)
        && stream.TryGetProperty("token", out var token) && token.GetString() is { Length: > 0 } right
            ? new StreamRequest(text, address, right)
            : null;

    /// <summary>Not into a log by accident.</summary>
    public override string ToString() => Path;
}
