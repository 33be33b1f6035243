using CloudPlane.Client;
using CloudPlane.Storage;

namespace CloudPlane.Functions;

/// <summary>
/// Carries one log to those whom its changes concern, page by page. Whoever has dealt with a page commits it; one who is stopped before has lost
/// nothing, as the cursor has not moved on.
/// </summary>
/// <param name="isSweep">Whether it begins where the last sweep stood, and not where the last of all stood.</param>
internal sealed class LogCarrier(
    IStateStore store, Partition log, LogCursors cursors, LogCursor? cursor, bool isSweep, Func<IReadOnlyList<FeedChange>, CancellationToken, Task<IReadOnlyList<KeyWork>>> route)
{
    // How many changes are read, and dealt with, before the cursor moves on.
    private const int PageSize = 200;

    private LogCursor? _cursor = cursor;
    private long _read = (isSweep ? cursor?.Swept : cursor?.Position) ?? 0;

    /// <summary>The next changes; null when there are none.</summary>
    public async Task<LogPage?> ReadAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<Change> changes;
        try
        {
            changes = await store.ReadLogAsync(log, _read, PageSize, cancellationToken);
        }
        catch (RevisionExpiredException)
        {
            _read = await store.GetHeadAsync(log, cancellationToken);
            return new LogPage([], IsExpired: true);
        }

        if (changes.Count == 0)
            return null;
        var keys = await route([.. changes.Select(change => new FeedChange(change.Revision, change.Kind == ChangeKind.Deleted, change.Document, change.Previous))], cancellationToken);
        _read = changes[^1].Revision;
        return new LogPage(keys, IsExpired: false);
    }

    /// <summary>What was read has been dealt with.</summary>
    public async Task CommitAsync(CancellationToken cancellationToken)
    {
        var carried = _read;
        _cursor = await cursors.AdvanceAsync(
            log.Resource, _cursor,
            at => at with { Position = Math.Max(at.Position, carried), Swept = isSweep ? Math.Max(at.Swept, carried) : at.Swept },
            cancellationToken);
    }
}

/// <summary>Some changes of a log: which keys they concern.</summary>
/// <param name="IsExpired">Nobody knows any more what has changed, as that part of the log is gone.</param>
internal sealed record LogPage(IReadOnlyList<KeyWork> Keys, bool IsExpired);
