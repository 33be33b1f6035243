using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace CloudPlane.Doubles;

/// <summary>
/// Messages as they are posted: one with its properties in headers, or a JSON array. Properties that Service Bus does not know are ignored,
/// as it
/// does; known ones of another type are refused.
/// </summary>
internal static class MessageReader
{
    private const string BatchType = "application/vnd.microsoft.servicebus.json";
    private const string PropertiesHeader = "BrokerProperties";

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    // What a request carries anyway; each other header is a property of the application.
    private static readonly HashSet<string> StandardHeaders = new(StringComparer.OrdinalIgnoreCase)
    {
        PropertiesHeader, "Accept", "Accept-Encoding", "Accept-Language", "Authorization", "Cache-Control", "Connection", "Content-Encoding",
        "Content-Length", "Content-Type", "Date", "Expect", "Host", "Pragma", "Request-Id", "Transfer-Encoding", "User-Agent", "traceparent", "tracestate",
    };

    public static IReadOnlyList<SentMessage> Read(HttpRequest request, byte[] body)
    {
        var type = request.ContentType ?? "";
        if (type.Equals(BatchType, StringComparison.OrdinalIgnoreCase))
            return ReadBatch(body);
        // With a parameter behind it Service Bus would take the batch for one message, which nobody means.
        if (type.StartsWith(BatchType, StringComparison.OrdinalIgnoreCase))
            throw new BusException(400, $"the content type of a batch is {BatchType} exactly");
        return [ReadSingle(request, body)];
    }

    private static SentMessage ReadSingle(HttpRequest request, byte[] body)
    {
        var header = request.Headers[PropertiesHeader];
        if (header.Count > 1)
            throw new BusException(400, $"there are {header.Count} {PropertiesHeader} headers");
        var message = new SentMessage(body) { ContentType = request.ContentType };
        if (header.Count == 1)
            message = WithProperties(message, Parse(Encoding.UTF8.GetBytes(header.ToString())) as JsonObject ?? throw Bad($"{PropertiesHeader} is no JSON object"));
        return message with
        {
            ApplicationProperties = request.Headers
                .Where(custom => !StandardHeaders.Contains(custom.Key) && !custom.Key.StartsWith("x-ms-", StringComparison.OrdinalIgnoreCase))
                .ToDictionary(custom => custom.Key, custom => custom.Value.ToString().Trim('"')),
        };
    }

    private static List<SentMessage> ReadBatch(byte[] body)
    {
        if (Parse(body) is not JsonArray { Count: > 0 } array)
            throw Bad("a batch is a JSON array of messages");
        return [.. array.Select(element => ReadElement(element as JsonObject ?? throw Bad("an element of a batch is a JSON object")))];
    }

    private static SentMessage ReadElement(JsonObject element)
    {
        foreach (var (name, _) in element)
        {
            if (name is not ("Body" or "IsBodyBase64" or "BrokerProperties" or "UserProperties"))
                throw Bad($"an element of a batch has no property {name}");
        }
        var text = Text(element, "Body") ?? throw Bad("an element of a batch needs a Body");
        var isBase64 = element["IsBodyBase64"] is { } flag && (flag is JsonValue value && value.TryGetValue<bool>(out var set) ? set : throw Bad("IsBodyBase64 is true or false"));
        var message = new SentMessage(isBase64 ? Base64(text) : Encoding.UTF8.GetBytes(text));
        if (element["BrokerProperties"] is { } properties)
            message = WithProperties(message, properties as JsonObject ?? throw Bad("BrokerProperties is no JSON object"));
        if (element["UserProperties"] is not { } custom)
            return message;
        return message with
        {
            ApplicationProperties = (custom as JsonObject ?? throw Bad("UserProperties is no JSON object"))
                .ToDictionary(property => property.Key, property => property.Value is JsonValue plain ? plain.ToString() : throw Bad($"property {property.Key} is no plain value")),
        };
    }

    private static SentMessage WithProperties(SentMessage message, JsonObject properties) => message with
    {
        MessageId = Text(properties, "MessageId"),
        SessionId = Text(properties, "SessionId"),
        PartitionKey = Text(properties, "PartitionKey"),
        CorrelationId = Text(properties, "CorrelationId"),
        ContentType = Text(properties, "ContentType") ?? message.ContentType,
        Label = Text(properties, "Label"),
        To = Text(properties, "To"),
        ReplyTo = Text(properties, "ReplyTo"),
        ReplyToSessionId = Text(properties, "ReplyToSessionId"),
        ScheduledEnqueueTime = Instant(properties, "ScheduledEnqueueTimeUtc"),
        TimeToLive = Seconds(properties, "TimeToLive") ?? Duration(properties, "TimeToLiveTimeSpan"),
    };

    private static string? Text(JsonObject properties, string name) => properties[name] switch
    {
        null => null,
        JsonValue value when value.TryGetValue<string>(out var text) => text,
        _ => throw Bad($"{name} is no string"),
    };

    private static DateTimeOffset? Instant(JsonObject properties, string name)
    {
        if (Text(properties, name) is not { } text)
            return null;
        string[] formats = ["R", "yyyy-MM-dd'T'HH:mm:ss'Z'", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'"];
        return DateTimeOffset.TryParseExact(text, formats, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var instant)
            ? instant
            : throw Bad($"{name} is no time in UTC");
    }

    private static TimeSpan? Seconds(JsonObject properties, string name)
    {
        if (properties[name] is not { } node)
            return null;
        if (node is not JsonValue value || value.GetValueKind() != JsonValueKind.Number || !value.TryGetValue<double>(out var seconds))
            throw Bad($"{name} is no number of seconds");
        return seconds >= TimeSpan.MaxValue.TotalSeconds ? TimeSpan.MaxValue : TimeSpan.FromSeconds(seconds);
    }

    private static TimeSpan? Duration(JsonObject properties, string name)
    {
        if (Text(properties, name) is not { } text)
            return null;
        return TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var duration) ? duration : throw Bad($"{name} is no duration");
    }

    private static byte[] Base64(string text)
    {
        try
        {
            return Convert.FromBase64String(text);
        }
        catch (FormatException)
        {
            throw Bad("a Body with IsBodyBase64 is no base64");
        }
    }

    private static JsonNode? Parse(byte[] json)
    {
        try
        {
            return JsonNode.Parse(json, documentOptions: Strict);
        }
        catch (JsonException)
        {
            throw Bad("the request has no valid JSON");
        }
    }

    private static BusException Bad(string why) => new(400, $"Bad Request: {why}.");
}
