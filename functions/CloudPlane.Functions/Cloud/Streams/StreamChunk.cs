using System.Text.Json;

namespace CloudPlane.Functions;

/// <summary>
/// One message of a node's answer: a line of JSON, then bytes as they are. Numbers begin at 0 and have no gaps; the first message has the
/// status and the content type, the last one <c>"end":true</c>, or <c>"broken":true</c>.
/// </summary>
internal sealed record StreamChunk(long Sequence, ReadOnlyMemory<byte> Data)
{
    /// <summary>An HTTP status; 0 in all but the first.</summary>
    public int Status { get; init; }

    public string ContentType { get; init; } = "text/plain";

    /// <summary>Nothing comes after this one.</summary>
    public bool IsEnd { get; init; }

    /// <summary>Nothing comes after this one, though more should.</summary>
    public bool IsBroken { get; init; }

    /// <summary>Null when the message is none.</summary>
    public static StreamChunk? Read(ReadOnlyMemory<byte> message)
    {
        var end = message.Span.IndexOf((byte)'\n');
        if (end < 0)
            return null;
        try
        {
            using var document = JsonDocument.Parse(message[..end]);
            var head = document.RootElement;
            return new StreamChunk(head.GetProperty("sequence").GetInt64(), message[(end + 1)..])
            {
                Status = head.TryGetProperty("status", out var status) ? status.GetInt32() : 0,
                ContentType = head.TryGetProperty("contentType", out var type) ? type.GetString() ?? "text/plain" : "text/plain",
                IsEnd = head.TryGetProperty("end", out var last) && last.GetBoolean(),
                IsBroken = head.TryGetProperty("broken", out var broken) && broken.GetBoolean(),
            };
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            return null;
        }
    }
}
