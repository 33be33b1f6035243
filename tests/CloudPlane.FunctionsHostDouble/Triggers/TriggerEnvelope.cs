using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace CloudPlane.Doubles;

/// <summary>
/// The JSON that the host posts to a custom handler for a trigger that is not HTTP. Its rule for each value: an object stays an object, a date is
/// a JSON date, and all else (text, numbers, arrays) is a JSON string that contains the value's JSON text.
/// </summary>
internal static class TriggerEnvelope
{
    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>For cardinality many: Metadata has each property of the messages as an array, its name with the suffix "Array".</summary>
    public static byte[] OfMessages(SessionFunction function, IReadOnlyList<ReceivedMessage> messages, DateTimeOffset now, Guid id)
    {
        JsonObject metadata = [];
        void Column(string name, Func<ReceivedMessage, JsonNode?> value) => metadata[$"{name}Array"] = AsText(new JsonArray([.. messages.Select(value)]));
        Column("MessageId", m => m.MessageId);
        Column("SessionId", m => m.SessionId);
        Column("ReplyToSessionId", m => m.Sent.ReplyToSessionId);
        Column("PartitionKey", m => m.Sent.PartitionKey ?? m.SessionId);
        Column("CorrelationId", m => m.Sent.CorrelationId);
        Column("DeliveryCount", m => m.DeliveryCount);
        Column("LockToken", m => m.LockToken.ToString());
        Column("SequenceNumber", m => m.SequenceNumber);
        Column("EnqueuedTime", m => Date(m.EnqueuedTime));
        Column("EnqueuedTimeUtc", m => Date(m.EnqueuedTime));
        Column("ExpiresAt", m => Date(m.ExpiresAt));
        Column("ExpiresAtUtc", m => Date(m.ExpiresAt));
        Column("Subject", m => m.Sent.Label);
        Column("Label", m => m.Sent.Label);
        Column("To", m => m.Sent.To);
        Column("ReplyTo", m => m.Sent.ReplyTo);
        Column("ContentType", m => m.Sent.ContentType);
        Column("ApplicationProperties", Properties);
        Column("UserProperties", Properties);
        metadata["Client"] = new JsonObject();
        metadata["MessageReceiver"] = new JsonObject();
        metadata["SessionActions"] = new JsonObject();
        var bodies = new JsonArray([.. messages.Select(m => (JsonNode?)Encoding.UTF8.GetString(m.Body.Span))]);
        return Write(function.Name, function.Binding, AsText(bodies), metadata, now, id);
    }

    public static byte[] OfTimer(TimerFunction function, DateTimeOffset now, Guid id)
    {
        var timer = new JsonObject
        {
            ["Schedule"] = new JsonObject { ["AdjustForDST"] = true },
            ["ScheduleStatus"] = null,
            ["IsPastDue"] = false,
        };
        return Write(function.Name, function.Binding, timer, [], now, id);
    }

    private static byte[] Write(string function, string binding, JsonNode data, JsonObject metadata, DateTimeOffset now, Guid id)
    {
        metadata["sys"] = new JsonObject { ["MethodName"] = function, ["UtcNow"] = Date(now), ["RandGuid"] = id.ToString() };
        var envelope = new JsonObject { ["Data"] = new JsonObject { [binding] = data }, ["Metadata"] = metadata };
        return Encoding.UTF8.GetBytes(envelope.ToJsonString(Plain));
    }

    private static JsonNode AsText(JsonNode value) => JsonValue.Create(value.ToJsonString(Plain));

    private static JsonNode Properties(ReceivedMessage message) =>
        new JsonObject(message.Sent.ApplicationProperties.Select(p => KeyValuePair.Create(p.Key, (JsonNode?)p.Value)));

    private static string Date(DateTimeOffset time) => time.ToString("O", CultureInfo.InvariantCulture);
}
