using System.Buffers;
using System.Text.Json;
using CloudPlane.Storage;

namespace CloudPlane.Functions;

/// <summary>
/// Forgets history that is older than a watch may resume from. The heads that a compaction goes up to are those that the one before wrote
/// down, in an object of the cluster: no process lives long enough to remember them.
/// </summary>
internal sealed class History(IStateStore store, string cluster, TimeProvider time)
{
    /// <summary>The resource that the heads are stored as. No kind of the API has a name with this group.</summary>
    public const string Resource = "cloudplane/history";

    /// <summary>How long history is kept at least: as long as kube-apiserver lets etcd keep it.</summary>
    private static readonly TimeSpan Kept = TimeSpan.FromMinutes(5);

    private static readonly ObjectKey Key = new("", "heads");

    /// <summary>Compacts to the heads written down last, if they are old enough, and writes down the present ones.</summary>
    public async Task CompactAsync(IReadOnlyCollection<string> resources, CancellationToken cancellationToken)
    {
        var partition = new Partition(cluster, Resource);
        var stored = await store.GetAsync(partition, Key, cancellationToken);
        var (at, heads) = stored is null ? (DateTimeOffset.MinValue, []) : Read(stored);
        if (stored is not null && time.GetUtcNow() - at < Kept)
            return;
        var next = new Dictionary<string, long>();
        foreach (var resource in resources)
        {
            var log = new Partition(cluster, resource);
            next[resource] = await store.GetHeadAsync(log, cancellationToken);
            // A log that has not grown since was compacted then, or has nothing that is worth it.
            if (heads.TryGetValue(resource, out var head) && head > 0)
                await store.CompactAsync(log, head, cancellationToken);
        }

        // Lost to another compaction: its heads are as good.
        await store.WriteAsync(partition, new Write(Key, stored?.Revision ?? 0, Document(next), Delete: false, Guid.NewGuid()), cancellationToken);
    }

    private DocumentTemplate Document(Dictionary<string, long> heads)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteString("resourceVersion"u8, ""u8);
            writer.WriteString("time"u8, time.GetUtcNow());
            writer.WriteStartObject("heads"u8);
            foreach (var (resource, head) in heads)
                writer.WriteNumber(resource, head);
            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        return new(buffer.WrittenSpan.ToArray(), "{\"resourceVersion\":\"".Length);
    }

    /// <exception cref="InvalidDataException">It holds no heads: somebody else wrote there.</exception>
    private static (DateTimeOffset At, Dictionary<string, long> Heads) Read(StoredObject stored)
    {
        try
        {
            using var document = JsonDocument.Parse(stored.Document);
            var heads = document.RootElement.GetProperty("heads").EnumerateObject().ToDictionary(head => head.Name, head => head.Value.GetInt64());
            return (document.RootElement.GetProperty("time").GetDateTimeOffset(), heads);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new InvalidDataException($"the heads of the last compaction can't be read: {e.Message}", e);
        }
    }
}
