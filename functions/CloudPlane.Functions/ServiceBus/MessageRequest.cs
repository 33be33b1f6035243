using System.Text;

namespace CloudPlane.Functions;

/// <summary>What one POST carries: a single message, or a batch that is accepted or refused as a whole.</summary>
/// <param name="Content">The body of the request.</param>
/// <param name="Properties">The BrokerProperties header of a single message; null for a batch.</param>
internal sealed record MessageRequest(ReadOnlyMemory<byte> Content, string? Properties)
{
    /// <summary>Of one message on the Standard tier, its properties included.</summary>
    public const int MaxMessageBytes = 256 * 1024;

    public const int MaxBatchMessages = 100;

    public const int MaxIdLength = 128;

    // The service counts a batch in its own encoding, which we don't see: leave it room.
    private const int MaxBatchBytes = 240 * 1024;

    /// <summary>
    /// The requests that carry <paramref name="messages"/> in their order. All of them are checked before the first is made.
    /// </summary>
    /// <exception cref="ServiceBusException">A message is too large or has an invalid property; nothing was sent.</exception>
    public static IReadOnlyList<MessageRequest> Split(string queue, IReadOnlyList<BusMessage> messages)
    {
        var requests = new List<MessageRequest>();
        var batch = new List<(BusMessage Message, ReadOnlyMemory<byte> Element)>();
        var bytes = 2;
        for (var index = 0; index < messages.Count; index++)
        {
            Check(queue, messages[index], index);
            var element = MessageEncoder.Element(messages[index]);
            if (batch.Count == MaxBatchMessages || (batch.Count > 0 && bytes + element.Length + 1 > MaxBatchBytes))
            {
                requests.Add(Request(batch, bytes));
                batch.Clear();
                bytes = 2;
            }
            batch.Add((messages[index], element));
            bytes += element.Length + 1;
        }
        if (batch.Count > 0)
            requests.Add(Request(batch, bytes));
        return requests;
    }

    private static MessageRequest Request(List<(BusMessage Message, ReadOnlyMemory<byte> Element)> batch, int bytes)
    {
        if (batch.Count == 1)
            return new MessageRequest(batch[0].Message.Body, MessageEncoder.Properties(batch[0].Message));
        var content = new MemoryStream(bytes);
        content.WriteByte((byte)'[');
        for (var index = 0; index < batch.Count; index++)
        {
            if (index > 0)
                content.WriteByte((byte)',');
            content.Write(batch[index].Element.Span);
        }
        content.WriteByte((byte)']');
        return new MessageRequest(content.GetBuffer().AsMemory(0, (int)content.Length), null);
    }

    private static void Check(string queue, BusMessage message, int index)
    {
        CheckId(queue, index, "MessageId", message.MessageId);
        CheckId(queue, index, "SessionId", message.SessionId);
        if (message.TimeToLive <= TimeSpan.Zero)
            throw Invalid(queue, index, "its TimeToLive is not positive");
        var size = message.Body.Length + Encoding.UTF8.GetByteCount(MessageEncoder.Properties(message));
        if (size > MaxMessageBytes)
        {
            throw new ServiceBusException(ServiceBusErrorKind.TooLarge,
                $"message {index} ({message.MessageId ?? "without an id"}) for queue {queue} has {size} bytes with its properties; {MaxMessageBytes} are allowed");
        }
    }

    private static void CheckId(string queue, int index, string property, string? value)
    {
        if (value is { Length: 0 or > MaxIdLength })
            throw Invalid(queue, index, $"its {property} has {value.Length} characters; 1 to {MaxIdLength} are allowed");
    }

    private static ServiceBusException Invalid(string queue, int index, string why) =>
        new(ServiceBusErrorKind.Invalid, $"message {index} for queue {queue} can't be sent: {why}");
}
