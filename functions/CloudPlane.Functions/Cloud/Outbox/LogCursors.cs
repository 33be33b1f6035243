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

    /// <summary>The cursor of a log, or null when nothing of it has been carried.</summary>
    public async ValueTask<LogCursor?> FindAsync(string resource, CancellationToken cancellationToken) =>
        await store.GetAsync(_partition, Key(resource), cancellationToken) is { } stored ? Read(stored) : null;

    /// <summary>The cursors of all logs, by resource.</summary>
    public async ValueTask<IReadOnlyDictionary<string, LogCursor>> ListAsync(CancellationToken cancellationToken)
    {
        var page = await store.ListAsync(_partition, new ListQuery(), cancellationToken);
        return page.Items.ToDictionary(item => item.Key.Name, Read);
    }

    /// <summary>Moves a cursor on from where it was read, or from where somebody else has moved it meanwhile; returns where it is then.</summary>
    public async ValueTask<LogCursor> AdvanceAsync(string resource, LogCursor? from, Func<LogCursor, LogCursor> advance, CancellationToken cancellationToken)
    {
        while (true)
        {
            var at = from ?? new LogCursor(0, 0, 0);
            var next = advance(at);
            if (next == at)
                return at;
            var result = await store.WriteAsync(_partition, new Write(Key(resource), at.Revision, Document(next), Delete: false, Guid.NewGuid()), cancellationToken);
            if (result.Outcome == WriteOutcome.Committed)
                return next with { Revision = result.Object!.Revision };
            from = result.Object is { } current ? Read(current) : null;
        }
    }

    private static ObjectKey Key(string resource) => new("", resource);

    private static DocumentTemplate Document(LogCursor cursor)
    {
        const string head = "{\"resourceVersion\":\"";
        return new(Encoding.ASCII.GetBytes($"{head}\",\"position\":{cursor.Position},\"swept\":{cursor.Swept}}}"), head.Length);
    }

    /// <exception cref="InvalidDataException">It is no cursor: somebody else wrote there.</exception>
    private static LogCursor Read(StoredObject stored)
    {
        try
        {
            using var document = JsonDocument.Parse(stored.Document);
            var root = document.RootElement;
            return new LogCursor(stored.Revision, root.GetProperty("position").GetInt64(), root.GetProperty("swept").GetInt64());
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new InvalidDataException($"the cursor of {stored.Key.Name} can't be read: {e.Message}", e);
        }
    }
}

/// <summary>How far a log has been carried.</summary>
/// <param name="Revision">Of the object that says so; 0 when there is none yet.</param>
/// <param name="Position">Every change up to this revision has been carried.</param>
/// <param name="Swept">Every change up to this revision has been carried by a sweep, so mostly for the second time.</param>
internal sealed record LogCursor(long Revision, long Position, long Swept);
