using System.Text;

namespace CloudPlane.Doubles;

/// <summary>A message as its sender gave it.</summary>
public sealed record SentMessage(ReadOnlyMemory<byte> Body)
{
    /// <summary>Of a message with its properties, and of all those in a batch together, on the Standard tier.</summary>
    public const int MaxBytes = 256 * 1024;

    public string? MessageId { get; init; }

    public string? SessionId { get; init; }

    public string? PartitionKey { get; init; }

    public string? ContentType { get; init; }

    public string? CorrelationId { get; init; }

    public string? Label { get; init; }

    public string? To { get; init; }

    public string? ReplyTo { get; init; }

    public string? ReplyToSessionId { get; init; }

    public DateTimeOffset? ScheduledEnqueueTime { get; init; }

    public TimeSpan? TimeToLive { get; init; }

    public IReadOnlyDictionary<string, string> ApplicationProperties { get; init; } = new Dictionary<string, string>();

    /// <summary>Body and properties.</summary>
    public int Size => Body.Length
        + new[] { MessageId, SessionId, PartitionKey, ContentType, CorrelationId, Label, To, ReplyTo, ReplyToSessionId }.Sum(Bytes)
        + ApplicationProperties.Sum(property => Bytes(property.Key) + Bytes(property.Value));

    /// <summary>Why a queue refuses this message whatever else it holds; null when it takes it.</summary>
    internal string? Fault(bool requiresSession)
    {
        foreach (var (name, value) in new[] { ("MessageId", MessageId), ("SessionId", SessionId), ("PartitionKey", PartitionKey) })
        {
            if (value?.Length > 128)
                return $"{name} has at most 128 characters";
        }
        if (requiresSession && string.IsNullOrEmpty(SessionId))
            return "The SessionId was not set on a message, and it cannot be sent to the entity: it requires sessions.";
        if (SessionId is not null && PartitionKey is not null && SessionId != PartitionKey)
            return "PartitionKey and SessionId must be the same when both are set";
        if (TimeToLive <= TimeSpan.Zero)
            return "TimeToLive must be positive";
        return ApplicationProperties.Any(property => Bytes(property.Value) > 32 * 1024) ? "a property has at most 32 KB" : null;
    }

    private static int Bytes(string? text) => text is null ? 0 : Encoding.UTF8.GetByteCount(text);
}
