namespace CloudPlane.Doubles;

/// <summary>How many messages a queue holds.</summary>
/// <param name="Active">Waiting or locked.</param>
/// <param name="Scheduled">For later.</param>
/// <param name="DeadLetter">Given up.</param>
public readonly record struct QueueCounts(long Active, long Scheduled, long DeadLetter);
