using System.Buffers;
using System.Text.Json;
using CloudPlane.Storage;

namespace CloudPlane.Functions;

/// <summary>
/// What the deployment knows of a cluster. <paramref name="Id"/> is part of what its keys are derived from: a cluster that is made anew
/// under an old name takes none of the old credentials. <paramref name="HasNodes"/>: whether a node has ever joined, so that clocks run.
/// </summary>
internal sealed record ClusterRecord(string Name, string Id, DateTimeOffset Created, bool HasNodes)
{
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
            writer.WriteBoolean("hasNodes"u8, HasNodes);
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
                root.GetProperty("created").GetDateTimeOffset(), root.GetProperty("hasNodes").GetBoolean());
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new InvalidDataException($"the record of cluster {stored.Key.Name} can't be read: {e.Message}", e);
        }
    }
}
