namespace CloudPlane.Functions;

/// <summary>A message as it was received.</summary>
/// <param name="Body">The body, byte for byte.</param>
/// <param name="MessageId">Given by the sender or by Service Bus.</param>
/// <param name="DeliveryCount">How often it has been handed out, this time included.</param>
internal sealed record BusDelivery(ReadOnlyMemory<byte> Body, string? MessageId, int DeliveryCount)
{
    /// <summary>Where to complete, abandon or renew a message received under a lock; null when it was removed by receiving.</summary>
    public Uri? Lock { get; init; }

    /// <summary>Until when the message is ours; null when it was removed by receiving.</summary>
    public DateTimeOffset? LockedUntil { get; init; }
}
