namespace CloudPlane.Functions;

/// <summary>A queue as Service Bus describes it.</summary>
/// <param name="Properties">How it was made, defaults filled in, its rules with their keys.</param>
/// <param name="ActiveMessageCount">Messages that wait or are under a lock.</param>
/// <param name="ScheduledMessageCount">Messages that become receivable later.</param>
/// <param name="DeadLetterMessageCount">Messages that were given up.</param>
internal sealed record QueueDescription(
    QueueProperties Properties, long ActiveMessageCount, long ScheduledMessageCount, long DeadLetterMessageCount);
