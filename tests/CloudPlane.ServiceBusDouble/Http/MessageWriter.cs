using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace CloudPlane.Doubles;

/// <summary>A received message as an answer: properties in headers, the body as it was sent.</summary>
internal static class MessageWriter
{
    public static Reply Write(int status, ReceivedMessage message, string? lockAddress)
    {
        var headers = new List<KeyValuePair<string, string>> { new("BrokerProperties", Properties(message)) };
        if (lockAddress is not null)
            headers.Add(new("Location", lockAddress));
        foreach (var (name, value) in message.Sent.ApplicationProperties)
            headers.Add(new(name, $"\"{JsonEncodedText.Encode(value)}\""));
        return new Reply(status) { ContentType = message.Sent.ContentType, Body = message.Body, Headers = headers };
    }

    private static string Properties(ReceivedMessage message)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteNumber("DeliveryCount", message.DeliveryCount);
            writer.WriteNumber("EnqueuedSequenceNumber", 0);
            Write(writer, "EnqueuedTimeUtc", message.EnqueuedTime);
            if (message.LockedUntil is { } until)
            {
                writer.WriteString("LockToken", message.LockToken);
                Write(writer, "LockedUntilUtc", until);
            }
            writer.WriteNumber("SequenceNumber", message.SequenceNumber);
            writer.WriteString("State", "Active");
            writer.WriteNumber("TimeToLive", (message.ExpiresAt == DateTimeOffset.MaxValue ? TimeSpan.MaxValue : message.ExpiresAt - message.EnqueuedTime).TotalSeconds);
            WriteSent(writer, message.Sent);
            writer.WriteEndObject();
        }
        return Encoding.ASCII.GetString(buffer.WrittenSpan);
    }

    private static void WriteSent(Utf8JsonWriter writer, SentMessage sent)
    {
        (string Name, string? Value)[] texts =
        [
            ("MessageId", sent.MessageId), ("SessionId", sent.SessionId), ("PartitionKey", sent.PartitionKey), ("CorrelationId", sent.CorrelationId),
            ("Label", sent.Label), ("To", sent.To), ("ReplyTo", sent.ReplyTo), ("ReplyToSessionId", sent.ReplyToSessionId),
        ];
        foreach (var (name, value) in texts)
        {
            if (value is not null)
                writer.WriteString(name, value);
        }
        if (sent.ScheduledEnqueueTime is { } scheduled)
            Write(writer, "ScheduledEnqueueTimeUtc", scheduled);
    }

    private static void Write(Utf8JsonWriter writer, string name, DateTimeOffset time) =>
        writer.WriteString(name, time.ToString("R", CultureInfo.InvariantCulture));
}
