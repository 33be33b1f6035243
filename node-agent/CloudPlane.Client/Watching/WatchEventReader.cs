using System.Text.Json;

namespace CloudPlane.Client;

/// <summary>Reads a line of a watch.</summary>
internal static class WatchEventReader
{
    public static WatchEvent<T> Read<T>(ReadOnlySpan<byte> line) where T : class, IKubernetesObject<T>
    {
        try
        {
            return Parse<T>(line);
        }
        catch (JsonException e)
        {
            throw new ApiException(200, "", $"a watch event of {T.Resource.Plural} can't be read: {e.Message}");
        }
    }

    // The type may come after the object: it is looked for first.
    private static WatchEvent<T> Parse<T>(ReadOnlySpan<byte> line) where T : class, IKubernetesObject<T>
    {
        var kind = FindKind(line);
        var reader = new Utf8JsonReader(line);
        FieldReader.Start(ref reader);
        while (FieldReader.Next(ref reader))
        {
            if (!reader.ValueTextEquals("object"u8))
            {
                FieldReader.Skip(ref reader);
                continue;
            }
            if (kind is null) throw Error(ref reader);
            return new WatchEvent<T>(kind.Value, FieldReader.Object<T>(ref reader) ?? throw new JsonException("the event's object is null"));
        }
        throw new JsonException("the event has no object");
    }

    private static WatchEventKind? FindKind(ReadOnlySpan<byte> line)
    {
        var reader = new Utf8JsonReader(line);
        FieldReader.Start(ref reader);
        while (FieldReader.Next(ref reader))
        {
            if (reader.ValueTextEquals("type"u8))
                return FieldReader.String(ref reader) switch
                {
                    "ADDED" => WatchEventKind.Added,
                    "MODIFIED" => WatchEventKind.Modified,
                    "DELETED" => WatchEventKind.Deleted,
                    "BOOKMARK" => WatchEventKind.Bookmark,
                    "ERROR" => null,
                    var other => throw new JsonException($"unknown event type \"{other}\""),
                };
            FieldReader.Skip(ref reader);
        }
        throw new JsonException("the event has no type");
    }

    private static ApiException Error(ref Utf8JsonReader reader)
    {
        var status = FieldReader.Object<Status>(ref reader);
        return new ApiException(status?.Code ?? 500, status?.Reason ?? "", status?.Message ?? "the watch failed");
    }
}
