namespace CloudPlane.Doubles;

/// <summary>A message as a receiver gets it.</summary>
/// <param name="Sent">What the sender gave, with its MessageId filled in.</param>
/// <param name="SequenceNumber">Unique in its queue and growing in the order of arrival.</param>
/// <param name="EnqueuedTime">When it became receivable.</param>
/// <param name="ExpiresAt">When it expires unless it is received before.</param>
/// <param name="DeliveryCount">How often it has been handed out, this time included.</param>
/// <param name="LockToken">Names the lock; empty when it was removed by receiving.</param>
/// <param name="LockedUntil">When the lock ends; null when it was removed by receiving.</param>
/// <param name="DeadLetterReason">Why it was given up; null outside of a dead-letter queue.</param>
public sealed record ReceivedMessage(
    SentMessage Sent,
    long SequenceNumber,
    DateTimeOffset EnqueuedTime,
    DateTimeOffset ExpiresAt,
    int DeliveryCount,
    Guid LockToken,
    DateTimeOffset? LockedUntil,
    string? DeadLetterReason)
{
    public string MessageId => Sent.MessageId!;

    public string? SessionId => Sent.SessionId;

    public ReadOnlyMemory<byte> Body => Sent.Body;
}
