namespace CloudPlane.Functions;

/// <summary>How a queue is made; null leaves Service Bus' default. The first three can't be changed later.</summary>
internal sealed record QueueProperties
{
    /// <summary>Default false. A queue with sessions can be received from over AMQP only.</summary>
    public bool RequiresSession { get; init; }

    /// <summary>Default false.</summary>
    public bool RequiresDuplicateDetection { get; init; }

    /// <summary>20 seconds to 7 days; default 10 minutes.</summary>
    public TimeSpan? DuplicateDetectionHistoryTimeWindow { get; init; }

    /// <summary>Up to 5 minutes; default 1 minute.</summary>
    public TimeSpan? LockDuration { get; init; }

    /// <summary>After so many deliveries a message goes to the dead letters; default 10.</summary>
    public int? MaxDeliveryCount { get; init; }

    /// <summary>Upper bound and default of a message's time to live; default is without end.</summary>
    public TimeSpan? DefaultMessageTimeToLive { get; init; }

    /// <summary>The queue is removed when nobody has used it for so long; at least 5 minutes; default never.</summary>
    public TimeSpan? AutoDeleteOnIdle { get; init; }

    /// <summary>The queue's own rules; at most 12.</summary>
    public IReadOnlyList<QueueRule> Rules { get; init; } = [];
}
