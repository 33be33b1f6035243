using System.Text.Json;
using Azure;

namespace CloudPlane.Storage;

/// <summary>What the service says went wrong: <c>{"odata.error":{"code":"..","message":{"lang":"..","value":".."}}}</c>.</summary>
internal static class ServiceError
{
    /// <summary>The code, from the header or the body; the status where neither tells.</summary>
    public static string CodeOf(Response response) =>
        response.Headers.TryGetValue("x-ms-error-code", out var code) ? code : Parse(response.Content.ToMemory()).Code ?? $"HTTP {response.Status}";

    /// <summary>Code and message of a body; null what it lacks. Something may follow the document.</summary>
    public static (string? Code, string? Message) Parse(ReadOnlyMemory<byte> body)
    {
        try
        {
            var reader = new Utf8JsonReader(body.Span);
            using var document = JsonDocument.ParseValue(ref reader);
            if (document.RootElement.ValueKind != JsonValueKind.Object || !document.RootElement.TryGetProperty("odata.error", out var error)
                || error.ValueKind != JsonValueKind.Object)
                return default;
            var message = error.TryGetProperty("message", out var m) && m.ValueKind == JsonValueKind.Object ? Text(m, "value") : null;
            return (Text(error, "code"), message);
        }
        catch (JsonException)
        {
            return default;
        }
    }

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
