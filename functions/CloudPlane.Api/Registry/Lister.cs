using System.IO.Pipelines;
using System.Text;
using CloudPlane.Storage;

namespace CloudPlane.Api;

/// <summary>GET of a collection: stored bytes, joined while they are read.</summary>
internal sealed class Lister(IStateStore store, Freshness freshness, Responder responder)
{
    public async ValueTask ListAsync(Operation operation)
    {
        var form = OutputForm.Negotiate(operation.Request.Accept);
        var selection = Selection.Of(operation);
        var request = ListRequest.Parse(operation.Query);
        if (request.NotOlderThan > 0)
            await freshness.WaitAsync(operation.Partition, request.NotOlderThan, operation.Aborted);
        await using var parts = ReadAsync(operation, selection, request).GetAsyncEnumerator(operation.Aborted);
        try
        {
            await parts.MoveNextAsync();
        }
        catch (RevisionExpiredException expired)
        {
            throw Expired(request, expired);
        }

        await WriteAsync(operation, form, request, parts);
    }

    /// <summary>The matching objects, up to the limit, in parts as they are read: at least one, all as of one revision.</summary>
    public async IAsyncEnumerable<ListPart> ReadAsync(Operation operation, Selection selection, ListRequest request)
    {
        if (selection.Name is { } name && request is { AtRevision: null, After: null } && (operation.Namespace.Length > 0 || !operation.Resource.Namespaced))
        {
            yield return await ReadOneAsync(operation, selection, name);
            yield break;
        }

        var left = request.Limit == 0 ? int.MaxValue : request.Limit;
        await foreach (var page in store.ScanAsync(operation.Partition, Query(operation, selection, request), operation.Aborted))
        {
            var part = selection.IsEverything ? Everything(page, left) : Matches(page, selection, left);
            yield return part;
            if (part.IsLast)
                yield break;
            left -= part.Items.Count;
        }
    }

    /// <summary>
    /// One object by name. The list's revision is the newer of the head before the read and the object's own: a watch from there
    /// misses nothing of this object.
    /// </summary>
    private async ValueTask<ListPart> ReadOneAsync(Operation operation, Selection selection, string name)
    {
        var head = await store.GetHeadAsync(operation.Partition, operation.Aborted);
        var found = await store.GetAsync(operation.Partition, new ObjectKey(operation.Namespace, name), operation.Aborted);
        return found is null || !selection.Objects.Matches(found.Document.Span)
            ? new(Math.Max(head, found?.Revision ?? 0), [], IsLast: true, null, null)
            : new(Math.Max(head, found.Revision), [found], IsLast: true, null, null);
    }

    private static ListPart Everything(ObjectPage page, int left)
    {
        var more = page.Remaining > 0 && page.Items.Count == left;
        return new(page.Revision, page.Items, more || page.Remaining == 0, more ? page.Items[^1].Key : null, more ? page.Remaining : null);
    }

    private static ListPart Matches(ObjectPage page, Selection selection, int left)
    {
        var matches = new List<StoredObject>();
        for (var i = 0; i < page.Items.Count; i++)
        {
            var item = page.Items[i];
            if (!selection.Objects.Matches(item.Document.Span))
                continue;
            matches.Add(item);
            var isLast = i == page.Items.Count - 1 && page.Remaining == 0;
            if (matches.Count == left && !isLast)
                return new(page.Revision, matches, IsLast: true, item.Key, null);
        }

        return new(page.Revision, matches, page.Remaining == 0, null, null);
    }

    // With a selector there may be few matches among many objects, so that the limit is not the store's.
    private static ListQuery Query(Operation operation, Selection selection, ListRequest request) => new()
    {
        Namespace = operation.Namespace.Length == 0 ? null : operation.Namespace,
        After = request.After,
        Limit = selection.IsEverything ? request.Limit : 0,
        AtRevision = request.AtRevision,
    };

    private async ValueTask WriteAsync(Operation operation, OutputForm form, ListRequest request, IAsyncEnumerator<ListPart> parts)
    {
        var part = parts.Current;
        var isLarge = !part.IsLast || part.Items.Sum(i => (long)i.Document.Length) >= Responder.GzipThreshold;
        await using var body = new BodyStream(operation, form.ContentType, isLarge);
        var list = Body(operation, form, body.Writer);
        using var _ = list as IDisposable;
        // Where a limit may end the list, what to go on from is not known before.
        var metadataFirst = part.IsLast || request.Limit == 0;
        list.Begin(metadataFirst ? Metadata(part) : null);
        list.Write(part.Items);
        while (!part.IsLast)
        {
            // The transport works on this part while the next one is read.
            var flushed = body.FlushAsync();
            try
            {
                await parts.MoveNextAsync();
            }
            finally
            {
                await flushed;
            }

            part = parts.Current;
            list.Write(part.Items);
        }

        list.End(metadataFirst ? null : Metadata(part));
        await body.CompleteAsync();
    }

    private ListBody Body(Operation operation, OutputForm form, PipeWriter writer) => form.Shape switch
    {
        OutputShape.Table => new TableListBody(writer, responder.Table(operation, form)),
        OutputShape.PartialObject => new JoinedListBody(
            writer, "PartialObjectMetadataList", $"meta.k8s.io/{form.Version}", document => PartialObjects.Of(document, form.Version)),
        _ => new JoinedListBody(writer, operation.Resource.ListKind, operation.Resource.ApiVersion, null),
    };

    private static string Metadata(ListPart result)
    {
        var text = new StringBuilder($"{{\"resourceVersion\":\"{result.Revision}\"");
        if (result.Last is { } last)
            text.Append($",\"continue\":\"{new ContinueToken(result.Revision, last).Encode()}\"");
        if (result.Remaining is { } remaining)
            text.Append($",\"remainingItemCount\":{remaining}");
        return text.Append('}').ToString();
    }

    private static ApiStatusException Expired(ListRequest request, RevisionExpiredException expired) => request.After is { } after
        ? new ApiStatusException(410, "Expired",
            "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, "
            + "or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an "
            + "inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.")
        {
            Continue = new ContinueToken(-1, after).Encode(),
        }
        : ApiErrors.Expired($"The resourceVersion for the provided list is too old: {expired.Requested}, the oldest is {expired.Compacted}.");
}

/// <summary>
/// Part of a list. <paramref name="Last"/> is the key to go on after, null when nothing is left or another part follows;
/// <paramref name="Remaining"/> counts what is left, where that is known.
/// </summary>
internal sealed record ListPart(long Revision, IReadOnlyList<StoredObject> Items, bool IsLast, ObjectKey? Last, long? Remaining);
