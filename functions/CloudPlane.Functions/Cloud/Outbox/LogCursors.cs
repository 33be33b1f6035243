using System.Text;
using System.Text.Json;
using CloudPlane.Storage;

namespace CloudPlane.Functions;

/// <summary>
/// How far each log of a cluster has been carried to those whom its changes concern: one small object a resource, in a partition of its
/// own. With it the log is an outbox in the full sense: what is not carried yet is known exactly, whatever messages were lost.
/// </summary>
internal sealed class LogCursors(IStateStore store, string cluster)
{
    /// <summary>The resource that the cursors are stored as. No kind of the API has a name with this group.</summary>
    public const string Resource = "cloudplane/cursors";

    private readonly Partition _partition = new(cluster, Resource);

    /// <summary>The position of a log: every change up to this revision has been carried. Null when none was.</summary>
    public async ValueTask<LogCursor?> FindAsync(string resource, CancellationToken cancellationToken) =>
        await store.GetAsync(_partition, Key(resource), cancellationToken) is { } stored ? Read(stored) : null;

    /// <summary>The positions of all logs, by resource.</summary>
    public async ValueTask<IReadOnlyDictionary<string, long>> ListAsync(CancellationToken cancellationToken)
    {
        var page = await store.ListAsync(_partition, new ListQuery(), cancellationToken);
        return page.Items.ToDictionary(item => item.Key.Name, item => Read(item).Position);
    }

    /// <summary>
    /// Moves a log's position from where it was read. When somebody else moved it meanwhile, the higher one stands: both have carried
    /// everything up to theirs.
    /// </summary>
    public async ValueTask AdvanceAsync(string resource, LogCursor? from, long position, CancellationToken cancellationToken)
    {
        while ((from?.Position ?? -1) < position)
        {
            var write = new Write(Key(resource), from?.Revision ?? 0, Document(position), Delete: false, Guid.NewGuid());
            var result = await store.WriteAsync(_partition, write, cancellationToken);
            if (result.Outcome == WriteOutcome.Committed)
                return;
            from = result.Object is { } current ? Read(current) : null;
        }
    }

    private static ObjectKey Key(string resource) => new("", resource);

    private static DocumentTemplate Document(long position)
    {
        const string head = "{\"resourceVersion\":\"";
        return new(Encoding.ASCII.GetBytes($"{head}\",\"position\":{position}}}"), head.Length);
    }

    /// <exception cref="InvalidDataException">It is no cursor: somebody else wrote there.</exception>
    private static LogCursor Read(StoredObject stored)
    {
        try
        {
            using var document = JsonDocument.Parse(stored.Document);
            return new LogCursor(stored.Revision, document.RootElement.GetProperty("position").GetInt64());
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new InvalidDataException($"the cursor of {stored.Key.Name} can't be read: {e.Message}", e);
        }
    }
}

/// <summary>A log's position, and the revision of the object that says so.</summary>
internal sealed record LogCursor(long Revision, long Position);
