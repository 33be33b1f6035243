namespace CloudPlane.Doubles;

/// <summary>A message in a queue; guarded by the queue's lock.</summary>
internal sealed class StoredMessage(SentMessage sent)
{
    public SentMessage Sent { get; } = sent;

    public long SequenceNumber { get; set; }

    public DateTimeOffset EnqueuedTime { get; set; }

    public DateTimeOffset ExpiresAt { get; set; } = DateTimeOffset.MaxValue;

    public int DeliveryCount { get; set; }

    public Guid LockToken { get; set; }

    /// <summary>Null while it waits; of a message of a session it is the session's lock that counts.</summary>
    public DateTimeOffset? LockedUntil { get; set; }

    public SessionReceiver? Holder { get; set; }

    public string? DeadLetterReason { get; set; }

    public bool IsGone { get; set; }

    public bool IsAvailable => LockedUntil is null && Holder is null;

    public ReceivedMessage Seen() => new(Sent, SequenceNumber, EnqueuedTime, ExpiresAt, DeliveryCount, LockToken, Holder?.LockedUntil ?? LockedUntil, DeadLetterReason);
}
