namespace CloudPlane.Functions;

/// <summary>A message to send. The body is handed on byte for byte.</summary>
public sealed record BusMessage(ReadOnlyMemory<byte> Body)
{
    /// <summary>What duplicate detection compares; at most 128 characters. Without it Service Bus makes one up.</summary>
    public string? MessageId { get; init; }

    /// <summary>The session; at most 128 characters. Needed by queues that require sessions.</summary>
    public string? SessionId { get; init; }

    /// <summary>
    /// When the message becomes receivable; null for now. Sent in whole seconds, rounded up, so that nothing comes early.
    /// </summary>
    public DateTimeOffset? ScheduledAt { get; init; }

    /// <summary>How long the message may wait for a receiver, from its becoming receivable; null for the queue's default.</summary>
    public TimeSpan? TimeToLive { get; init; }
}
