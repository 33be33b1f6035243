using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace CloudPlane.Functions;

/// <summary>The two forms in which messages are posted: one message with its properties in a header, or a JSON array of messages.</summary>
internal static class MessageEncoder
{
    /// <summary>The BrokerProperties header. All beyond ASCII is escaped, as a header needs it.</summary>
    public static string Properties(BusMessage message)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            WriteCommon(writer, message);
            if (message.TimeToLive is { } timeToLive)
                writer.WriteNumber("TimeToLive", timeToLive.TotalSeconds);
            writer.WriteEndObject();
        }
        return Encoding.ASCII.GetString(buffer.WrittenSpan);
    }

    /// <summary>An element of a batch.</summary>
    public static ReadOnlyMemory<byte> Element(BusMessage message)
    {
        var buffer = new ArrayBufferWriter<byte>(message.Body.Length + 256);
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            WriteBody(writer, message.Body.Span);
            writer.WriteStartObject("BrokerProperties");
            WriteCommon(writer, message);
            // A batch wants the time to live as text, a header as seconds.
            if (message.TimeToLive is { } timeToLive)
                writer.WriteString("TimeToLiveTimeSpan", timeToLive.ToString("d\\.hh\\:mm\\:ss\\.fff", CultureInfo.InvariantCulture));
            writer.WriteEndObject();
            writer.WriteEndObject();
        }
        return buffer.WrittenMemory;
    }

    private static void WriteBody(Utf8JsonWriter writer, ReadOnlySpan<byte> body)
    {
        // Text stays text: the base64 form is for what isn't.
        if (Utf8.IsValid(body))
        {
            writer.WriteString("Body", body);
            return;
        }
        writer.WriteBase64String("Body", body);
        writer.WriteBoolean("IsBodyBase64", true);
    }

    private static void WriteCommon(Utf8JsonWriter writer, BusMessage message)
    {
        if (message.MessageId is { } id)
            writer.WriteString("MessageId", id);
        if (message.SessionId is { } session)
            writer.WriteString("SessionId", session);
        if (message.ScheduledAt is { } scheduled)
            writer.WriteString("ScheduledEnqueueTimeUtc", RoundedUp(scheduled).ToString("R", CultureInfo.InvariantCulture));
    }

    private static DateTimeOffset RoundedUp(DateTimeOffset time)
    {
        var utc = time.ToUniversalTime();
        var excess = utc.Ticks % TimeSpan.TicksPerSecond;
        return excess == 0 ? utc : utc.AddTicks(TimeSpan.TicksPerSecond - excess);
    }
}
