using System.Diagnostics.Metrics;
using System.Text.Json;
using CloudPlane.Client;
using Microsoft.Extensions.Logging;

namespace CloudPlane.Functions;

/// <summary>
/// Messages that the queue gave up, because the process died of them or none could be read: each is counted, told in an Event of its
/// cluster and in the log, and put back to be tried anew, if it says anything at all.
/// </summary>
/// <param name="sendMetrics">Sends what is counted until its answer is disposed; only called when there is something to count.</param>
internal sealed partial class DeadLetters(
    ServiceBusClient bus, IWorkQueue queue, Func<string, ApiClient> clientOf, Meter meter, Func<IDisposable>? sendMetrics, TimeProvider time, ILogger logger)
{
    // One run of the timer takes no more: a flood is looked at bit by bit.
    private const int MostAtOnce = 50;

    private readonly Counter<long> _counter = meter.CreateCounter<long>(
        "cloudplane.work.dead_letters", description: "messages of the work queue that were given up");

    /// <summary>Takes what has been given up since the last run.</summary>
    public async Task TakeAsync(CancellationToken cancellationToken)
    {
        if (await NextAsync(cancellationToken) is not { } delivery)
            return;
        using var sending = sendMetrics?.Invoke();
        await TakeAsync(delivery, cancellationToken);
        for (var taken = 1; taken < MostAtOnce && await NextAsync(cancellationToken) is { } next; taken++)
            await TakeAsync(next, cancellationToken);
    }

    private Task<BusDelivery?> NextAsync(CancellationToken cancellationToken) =>
        bus.PeekLockAsync($"{ServiceBusWorkQueue.Name}/$DeadLetterQueue", TimeSpan.Zero, cancellationToken);

    private async Task TakeAsync(BusDelivery delivery, CancellationToken cancellationToken)
    {
        var message = Decode(delivery.Body);
        _counter.Add(1, new KeyValuePair<string, object?>("cluster", message?.Cluster ?? ""));
        LogDeadLetter(logger, message?.ToString() ?? "unreadable", delivery.MessageId ?? "");
        if (message is not null)
        {
            await TellAsync(message, cancellationToken);
            await queue.SendAsync([message is KeyWork ? message with { IsApart = true } : message], cancellationToken);
        }

        // Last: until then a crash leaves it where it is.
        await bus.CompleteAsync(delivery, cancellationToken);
    }

    private async Task TellAsync(WorkMessage message, CancellationToken cancellationToken)
    {
        var events = new EventRecorder(clientOf(message.Cluster), "work-queue", null, time);
        var about = new ObjectReference { Kind = "Queue", Name = ServiceBusWorkQueue.Name, Namespace = "kube-system" };
        var text = message is KeyWork key
            ? $"{key.Controller} failed on {(key.Namespace.Length > 0 ? $"{key.Namespace}/" : "")}{key.Name} until the queue gave the message up; it is tried again"
            : $"a message of kind {message.GetType().Name} was given up by the queue; it is tried again";
        await events.WarningAsync(about, "DeadLettered", text, cancellationToken);
    }

    private static WorkMessage? Decode(ReadOnlyMemory<byte> body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            return WorkCodec.Decode(document.RootElement);
        }
        catch (Exception e) when (e is JsonException or FormatException)
        {
            return null;
        }
    }

    [LoggerMessage(24, LogLevel.Error, "the work queue gave up {Message} (message id {MessageId})")]
    private static partial void LogDeadLetter(ILogger logger, string message, string messageId);
}
