namespace CloudPlane.Doubles;

/// <summary>The properties of a queue, with Service Bus' defaults.</summary>
public sealed record QueueSettings
{
    public bool RequiresSession { get; init; }

    public bool RequiresDuplicateDetection { get; init; }

    /// <summary>20 seconds to 7 days.</summary>
    public TimeSpan DuplicateDetectionHistoryTimeWindow { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>5 seconds to 5 minutes.</summary>
    public TimeSpan LockDuration { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>1 to 2000.</summary>
    public int MaxDeliveryCount { get; init; } = 10;

    /// <summary>Default and upper bound of each message's; at least a second.</summary>
    public TimeSpan DefaultMessageTimeToLive { get; init; } = TimeSpan.MaxValue;

    /// <summary>Whether a message that expires goes to the dead letters; otherwise it vanishes.</summary>
    public bool DeadLetteringOnMessageExpiration { get; init; }

    /// <summary>At least 5 minutes; <see cref="TimeSpan.MaxValue"/> for never.</summary>
    public TimeSpan AutoDeleteOnIdle { get; init; } = TimeSpan.MaxValue;

    /// <summary>At most 12.</summary>
    public IReadOnlyList<AccessRule> Rules { get; init; } = [];

    /// <summary>Why Service Bus refuses these properties; null when it takes them.</summary>
    internal string? Fault()
    {
        if (DuplicateDetectionHistoryTimeWindow < TimeSpan.FromSeconds(20) || DuplicateDetectionHistoryTimeWindow > TimeSpan.FromDays(7))
            return "DuplicateDetectionHistoryTimeWindow is between 20 seconds and 7 days";
        if (LockDuration < TimeSpan.FromSeconds(5) || LockDuration > TimeSpan.FromMinutes(5))
            return "LockDuration is between 5 seconds and 5 minutes";
        if (MaxDeliveryCount is < 1 or > 2000)
            return "MaxDeliveryCount is between 1 and 2000";
        if (DefaultMessageTimeToLive < TimeSpan.FromSeconds(1))
            return "DefaultMessageTimeToLive is at least 1 second";
        if (AutoDeleteOnIdle < TimeSpan.FromMinutes(5))
            return "AutoDeleteOnIdle is at least 5 minutes";
        if (Rules.Count > 12)
            return "an entity has at most 12 authorization rules";
        if (Rules.Select(rule => rule.Name).Distinct(StringComparer.OrdinalIgnoreCase).Count() != Rules.Count)
            return "two authorization rules have the same name";
        return Rules.Select(rule => rule.Fault()).FirstOrDefault(fault => fault is not null);
    }
}
