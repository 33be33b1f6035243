using System.Buffers;
using System.Text.Json;
using CloudPlane.Storage;

namespace CloudPlane.Functions;

/// <summary>
/// What the deployment knows of a cluster. <paramref name="Id"/> is part of what its keys are derived from: a cluster that is made anew
/// under an old name takes none of the old credentials. <paramref name="NodesSeen"/>: when a node last showed itself, to the day; null when none
/// ever has.
/// </summary>
internal sealed record ClusterRecord(string Name, string Id, DateTimeOffset Created, DateTimeOffset? NodesSeen)
{
    // As long as the queue of a node that is away is kept.
    private static readonly TimeSpan NodesAreExpected = TimeSpan.FromDays(7);

    private static readonly TimeSpan SeenIsNews = TimeSpan.FromDays(1);

    /// <summary>Whether it has nodes, or had some lately, so that its clocks have to run.</summary>
    public bool HasNodes(DateTimeOffset now) => NodesSeen is { } seen && now - seen < NodesAreExpected;

    /// <summary>Whether it is worth a write that a node shows itself now.</summary>
    public bool IsNews(DateTimeOffset seen) => NodesSeen is not { } last || seen - last >= SeenIsNews;

    /// <summary>
    /// What the cluster's table, queues and messages are called by: new for each cluster, so that nothing that was left of a deleted one, in a
    /// queue or in the memory of an instance, is taken for a part of the next of its name.
    /// </summary>
    public string StateName => Name == ClusterRegistry.Default ? Name : ClusterName.StateName(Id);

    /// <summary>What the cluster's keys are derived from beside the deployment's secret.</summary>
    public string KeyPurpose => $"cluster {Name} {Id}";

    /// <summary>The record as it is stored.</summary>
    public DocumentTemplate ToDocument()
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteString("resourceVersion"u8, ""u8);
            writer.WriteString("name"u8, Name);
            writer.WriteString("id"u8, Id);
            writer.WriteString("created"u8, Created);
            if (NodesSeen is { } seen)
                writer.WriteString("nodesSeen"u8, seen);
            writer.WriteEndObject();
        }

        return new(buffer.WrittenSpan.ToArray(), "{\"resourceVersion\":\"".Length);
    }

    /// <exception cref="InvalidDataException">It is no record of a cluster.</exception>
    public static ClusterRecord Read(StoredObject stored)
    {
        try
        {
            using var document = JsonDocument.Parse(stored.Document);
            var root = document.RootElement;
            return new ClusterRecord(
                root.GetProperty("name").GetString()!, root.GetProperty("id").GetString()!,
                root.GetProperty("created").GetDateTimeOffset(), root.TryGetProperty("nodesSeen", out var seen) ? seen.GetDateTimeOffset() : null);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new InvalidDataException($"the record of cluster {stored.Key.Name} can't be read: {e.Message}", e);
        }
    }
}
