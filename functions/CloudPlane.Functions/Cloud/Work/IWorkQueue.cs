namespace CloudPlane.Functions;

/// <summary>Where messages for <see cref="WorkFunction"/> are put: the Service Bus queue <c>work</c>, or a simulated one.</summary>
internal interface IWorkQueue
{
    /// <summary>Completes when the queue has taken all of them.</summary>
    /// <exception cref="WorkQueueException">It has not, or not all; which ones is unknown. Sending them again is harmless.</exception>
    Task SendAsync(IReadOnlyList<WorkMessage> messages, CancellationToken cancellationToken);
}

/// <summary>The queue can't be reached, or refuses.</summary>
internal sealed class WorkQueueException(string message, Exception cause) : Exception(message, cause);
