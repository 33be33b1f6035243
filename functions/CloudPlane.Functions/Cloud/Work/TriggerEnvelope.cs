using System.Text.Json;

namespace CloudPlane.Functions;

/// <summary>
/// What the Functions host posts to a custom handler for a trigger that is not HTTP: {"Data": {binding: payload}, "Metadata": {...}}.
/// Payloads arrive as JSON text inside a JSON string, an array of them as the text of an array of texts (azure.md, C3).
/// </summary>
internal static class TriggerEnvelope
{
    // The host encodes twice; a body that was sent as a JSON string itself adds one.
    private const int MostLayers = 4;

    /// <summary>The payloads of a binding with cardinality many, each as parsed JSON, or the text that is none.</summary>
    /// <exception cref="FormatException">It is no envelope of the host; says why.</exception>
    public static IReadOnlyList<TriggerPayload> Payloads(JsonElement envelope, string binding)
    {
        if (Data(envelope, binding) is not { } data)
            throw new FormatException($"Data.{binding} is missing");
        var list = Unwrap(data);
        if (list.Json is not { ValueKind: JsonValueKind.Array } array)
            return [list];
        return [.. array.EnumerateArray().Select(Unwrap)];
    }

    /// <summary>How often that message of a batch was delivered which came most often, this time included; 1 where the host does not say.</summary>
    public static int Deliveries(JsonElement envelope)
    {
        if (!envelope.GetProperty("Metadata").TryGetProperty("DeliveryCountArray", out var counts) || Unwrap(counts).Json is not { ValueKind: JsonValueKind.Array } array)
            return 1;
        return array.EnumerateArray()
            .Select(count => Unwrap(count).Json is { ValueKind: JsonValueKind.Number } number && number.TryGetInt32(out var times) ? times : 1)
            .Append(1)
            .Max();
    }

    /// <summary>Checks that it is an envelope at all.</summary>
    /// <exception cref="FormatException">It is not; says why.</exception>
    public static JsonElement? Data(JsonElement envelope, string binding)
    {
        if (envelope.ValueKind != JsonValueKind.Object
            || !envelope.TryGetProperty("Data", out var data) || data.ValueKind != JsonValueKind.Object
            || !envelope.TryGetProperty("Metadata", out var metadata) || metadata.ValueKind != JsonValueKind.Object)
            throw new FormatException("the body is not the envelope of a trigger: an object with the objects Data and Metadata");
        return data.TryGetProperty(binding, out var payload) ? payload : null;
    }

    private static TriggerPayload Unwrap(JsonElement element)
    {
        for (var layer = 0; layer < MostLayers && element.ValueKind == JsonValueKind.String; layer++)
        {
            var text = element.GetString()!;
            try
            {
                using var document = JsonDocument.Parse(text);
                element = document.RootElement.Clone();
            }
            catch (JsonException)
            {
                return new TriggerPayload(null, text);
            }
        }

        return new TriggerPayload(element, element.GetRawText());
    }
}

/// <summary>One message's body: parsed, or only its text where that is no JSON.</summary>
internal sealed record TriggerPayload(JsonElement? Json, string Text);
