using System.Buffers;
using CloudPlane.Storage;

namespace CloudPlane.Api;

/// <summary>GET with ?watch=1: the present objects if asked for, then each change until the time is up.</summary>
/// <param name="ending">The server is about to stop.</param>
internal sealed class Watcher(
    IStateStore store, WatchHub hub, Freshness freshness, Responder responder, TimeProvider time, IdSource ids, ApiServerOptions options,
    CancellationToken ending)
{
    public async ValueTask WatchAsync(Operation operation)
    {
        var form = OutputForm.Negotiate(operation.Request.Accept);
        var selection = Selection.Of(operation);
        var request = WatchRequest.Parse(operation.Query);
        if (request.NotOlderThan > 0)
            await freshness.WaitAsync(operation.Partition, request.NotOlderThan, operation.Aborted);

        using var timeout = new CancellationTokenSource(Lifetime(request), time);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, operation.Aborted, ending);
        await using var lease = hub.Acquire(operation.Partition);
        var stream = new WatchStream(operation, selection, form, responder);
        await StartAsync(operation, form);
        var position = request.After ?? -1;
        try
        {
            if (request.After is null)
                position = await SendPresentAsync(operation, stream, selection, request);
            await FollowAsync(operation, stream, lease.Tail, request, new Position(position), end.Token);
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            // The time is up, or the client is gone.
        }
        catch (RevisionExpiredException expired)
        {
            stream.WriteError(ApiErrors.Expired($"too old resource version: {expired.Requested} ({expired.Compacted})"));
            await operation.Response.Body.FlushAsync(operation.Aborted);
        }
    }

    private TimeSpan Lifetime(WatchRequest request)
    {
        var lifetime = request.Timeout ?? options.MinWatchLifetime * (1 + ids.NextFraction());
        // Spread, so that watches that began together don't all come back together.
        return options.MaxStreamLifetime * (1 - (ids.NextFraction() / 8)) is { } most && most < lifetime ? most : lifetime;
    }

    /// <summary>The client learns at once that it is watching.</summary>
    private async ValueTask StartAsync(Operation operation, OutputForm form)
    {
        operation.Response.StatusCode = 200;
        operation.Response.ContentType = form.ContentType;
        operation.Response.AddHeader("Cache-Control", "no-cache, private");
        if (options.WatchKeepAlive is not null)
            operation.Response.Body.Write("\n"u8);
        await operation.Response.Body.FlushAsync(operation.Aborted);
    }

    /// <summary>What is there now; returns its revision.</summary>
    private async ValueTask<long> SendPresentAsync(Operation operation, WatchStream stream, Selection selection, WatchRequest request)
    {
        if (!request.InitialEvents)
            return await store.GetHeadAsync(operation.Partition, operation.Aborted);
        var query = new ListQuery { Namespace = operation.Namespace.Length == 0 ? null : operation.Namespace };
        var revision = 0L;
        await foreach (var page in store.ScanAsync(operation.Partition, query, operation.Aborted))
        {
            revision = page.Revision;
            foreach (var item in page.Items)
            {
                if (selection.IsEverything || selection.Objects.Matches(item.Document.Span))
                    stream.WriteInitial(item.Document);
            }

            await operation.Response.Body.FlushAsync(operation.Aborted);
        }

        if (request.MarkInitialEnd)
        {
            stream.WriteBookmark(revision, endOfInitialEvents: true);
            await operation.Response.Body.FlushAsync(operation.Aborted);
        }

        return revision;
    }

    private async ValueTask FollowAsync(
        Operation operation, WatchStream stream, PartitionTail tail, WatchRequest request, Position position, CancellationToken end)
    {
        // Whoever asked for no bookmarks must get none: an empty line keeps the connection alive as well.
        var interval = request.Bookmarks ? options.BookmarkInterval : options.WatchKeepAlive;
        var signAt = time.GetUtcNow() + interval;
        try
        {
            while (true)
            {
                if (!await SendChangesAsync(operation, stream, tail, position, end))
                    return;
                if (time.GetUtcNow() >= signAt)
                {
                    if (request.Bookmarks)
                        stream.WriteBookmark(position.Revision, endOfInitialEvents: false);
                    else
                        operation.Response.Body.Write("\n"u8);
                    await operation.Response.Body.FlushAsync(end);
                    signAt = time.GetUtcNow() + interval;
                }

                await WaitAsync(tail, position.Revision, signAt - time.GetUtcNow() ?? Timeout.InfiniteTimeSpan, end);
            }
        }
        catch (OperationCanceledException) when (request.Bookmarks && !operation.Aborted.IsCancellationRequested)
        {
            // A last bookmark lets the client resume where this watch ends.
            stream.WriteBookmark(position.Revision, endOfInitialEvents: false);
            await operation.Response.Body.FlushAsync(operation.Aborted);
        }
    }

    /// <summary>Everything there is to send by now; false when the client is gone.</summary>
    private static async ValueTask<bool> SendChangesAsync(
        Operation operation, WatchStream stream, PartitionTail tail, Position position, CancellationToken end)
    {
        while (true)
        {
            var entries = await tail.ReadAsync(position.Revision, end);
            if (entries.Count == 0)
                return true;
            foreach (var entry in entries)
            {
                stream.Write(entry);
                position.Revision = entry.Change.Revision;
            }

            if ((await operation.Response.Body.FlushAsync(end)).IsCompleted)
                return false;
        }
    }

    private async ValueTask WaitAsync(PartitionTail tail, long after, TimeSpan most, CancellationToken end)
    {
        if (most < TimeSpan.Zero && most != Timeout.InfiniteTimeSpan)
            return;
        try
        {
            await tail.ChangedAsync(after).WaitAsync(most, time, end);
        }
        catch (TimeoutException)
        {
            // Time for a bookmark, or a sign of life.
        }
    }

    /// <summary>Up to where events have been written, for the last bookmark too.</summary>
    private sealed class Position(long revision)
    {
        public long Revision { get; set; } = revision;
    }
}
