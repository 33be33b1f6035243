namespace CloudPlane.Functions;

/// <summary>The Service Bus queue <c>work</c>: with sessions, and with duplicate detection, which scheduled messages count on.</summary>
internal sealed class ServiceBusWorkQueue(ServiceBusClient bus, TimeProvider time) : IWorkQueue
{
    /// <summary>The queue's name, as the trigger and the template have it.</summary>
    public const string Name = "work";

    /// <summary>For how long the queue remembers a MessageId, by the template.</summary>
    public static readonly TimeSpan DuplicateDetectionWindow = TimeSpan.FromHours(1);

    /// <inheritdoc/>
    public async Task SendAsync(IReadOnlyList<WorkMessage> messages, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        try
        {
            await bus.SendAsync(Name, [.. messages.Select(message => Encode(message, now))], cancellationToken);
        }
        catch (ServiceBusException e)
        {
            throw new WorkQueueException($"the queue {Name} took no message: {e.Message}", e);
        }
    }

    private static BusMessage Encode(WorkMessage message, DateTimeOffset now) => new(WorkCodec.Encode(message))
    {
        SessionId = message.Session(now),
        MessageId = message.MessageId,
        ScheduledAt = message.Due,
    };
}
