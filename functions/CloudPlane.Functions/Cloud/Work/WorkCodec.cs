using System.Buffers;
using System.Text.Json;

namespace CloudPlane.Functions;

/// <summary>
/// A <see cref="WorkMessage"/> as the body of a queue message. The host merges a JSON body's members into the trigger's metadata, where
/// they replace its own of the same name (messageId, sessionId, ...), so none is named like those.
/// </summary>
internal static class WorkCodec
{
    public static byte[] Encode(WorkMessage message)
    {
        var buffer = new ArrayBufferWriter<byte>(128);
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteString("kind"u8, KindOf(message));
            writer.WriteString("cluster"u8, message.Cluster);
            if (message is LogWork log)
                writer.WriteString("resource"u8, log.Resource);
            if (message is KeyWork key)
            {
                writer.WriteString("controller"u8, key.Controller);
                writer.WriteString("namespace"u8, key.Namespace);
                writer.WriteString("name"u8, key.Name);
                if (key.Attempt > 0)
                    writer.WriteNumber("attempt"u8, key.Attempt);
            }

            writer.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <exception cref="FormatException">It is no message of ours; says what is wrong.</exception>
    public static WorkMessage Decode(JsonElement body)
    {
        if (body.ValueKind != JsonValueKind.Object)
            throw new FormatException($"a work message is a JSON object, not {body.ValueKind}");
        var cluster = Text(body, "cluster");
        return Text(body, "kind") switch
        {
            "log" => new LogWork(cluster, Text(body, "resource")),
            "key" => new KeyWork(cluster, Text(body, "controller"), Text(body, "namespace", mayBeEmpty: true), Text(body, "name"), Attempt(body)),
            "sweep" => new SweepWork(cluster),
            "compaction" => new CompactionWork(cluster),
            "seed" => new SeedWork(cluster, Full: true),
            "seed-nodes" => new SeedWork(cluster, Full: false),
            var other => throw new FormatException($"kind \"{other}\" is unknown"),
        };
    }

    private static string KindOf(WorkMessage message) => message switch
    {
        LogWork => "log",
        KeyWork => "key",
        SweepWork => "sweep",
        CompactionWork => "compaction",
        SeedWork { Full: true } => "seed",
        SeedWork => "seed-nodes",
        _ => throw new ArgumentException($"{message.GetType().Name} has no encoding", nameof(message)),
    };

    private static string Text(JsonElement body, string name, bool mayBeEmpty = false)
    {
        if (body.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String && value.GetString() is { } text
            && (mayBeEmpty || text.Length > 0))
            return text;
        throw new FormatException($"{name} is missing or no text");
    }

    private static int Attempt(JsonElement body)
    {
        if (!body.TryGetProperty("attempt", out var value))
            return 0;
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var attempt) && attempt >= 0
            ? attempt
            : throw new FormatException("attempt is no count");
    }
}
