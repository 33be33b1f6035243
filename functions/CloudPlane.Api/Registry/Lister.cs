using System.Text;
using CloudPlane.Storage;

namespace CloudPlane.Api;

/// <summary>GET of a collection: stored bytes, joined.</summary>
internal sealed class Lister(IStateStore store, Freshness freshness, Responder responder)
{
    // With a selector a page of the store may hold few matches: it is then read in larger pieces than the caller's limit.
    private const int ScanSize = 500;

    public async ValueTask ListAsync(Operation operation)
    {
        var form = OutputForm.Negotiate(operation.Request.Accept);
        var selection = Selection.Of(operation);
        var request = ListRequest.Parse(operation.Query);
        if (request.NotOlderThan > 0)
            await freshness.WaitAsync(operation.Partition, request.NotOlderThan, operation.Aborted);
        ListResult result;
        try
        {
            result = await ReadAsync(operation, selection, request);
        }
        catch (RevisionExpiredException expired)
        {
            throw Expired(request, expired);
        }

        await RespondAsync(operation, form, result);
    }

    /// <summary>The matching objects, up to the limit.</summary>
    public async ValueTask<ListResult> ReadAsync(Operation operation, Selection selection, ListRequest request)
    {
        if (selection.Name is { } name && request is { AtRevision: null, After: null } && (operation.Namespace.Length > 0 || !operation.Resource.Namespaced))
            return await ReadOneAsync(operation, selection, name);
        return selection.IsEverything
            ? await ReadPageAsync(operation, request)
            : await ScanAsync(operation, selection, request);
    }

    /// <summary>
    /// One object by name. The list's revision is the newer of the head before the read and the object's own: a watch from there
    /// misses nothing of this object.
    /// </summary>
    private async ValueTask<ListResult> ReadOneAsync(Operation operation, Selection selection, string name)
    {
        var head = await store.GetHeadAsync(operation.Partition, operation.Aborted);
        var found = await store.GetAsync(operation.Partition, new ObjectKey(operation.Namespace, name), operation.Aborted);
        return found is null || !selection.Objects.Matches(found.Document.Span)
            ? new(Math.Max(head, found?.Revision ?? 0), [], null, null)
            : new(Math.Max(head, found.Revision), [found], null, null);
    }

    private async ValueTask<ListResult> ReadPageAsync(Operation operation, ListRequest request)
    {
        var page = await store.ListAsync(operation.Partition, Query(operation, request), operation.Aborted);
        var more = page.Remaining > 0 && page.Items.Count > 0;
        return new(page.Revision, page.Items, more ? page.Items[^1].Key : null, more ? page.Remaining : null);
    }

    private async ValueTask<ListResult> ScanAsync(Operation operation, Selection selection, ListRequest request)
    {
        var matches = new List<StoredObject>();
        var query = Query(operation, request) with { Limit = request.Limit == 0 ? 0 : Math.Max(request.Limit, ScanSize) };
        while (true)
        {
            var page = await store.ListAsync(operation.Partition, query, operation.Aborted);
            for (var i = 0; i < page.Items.Count; i++)
            {
                var item = page.Items[i];
                if (!selection.Objects.Matches(item.Document.Span))
                    continue;
                matches.Add(item);
                var isLast = i == page.Items.Count - 1 && page.Remaining == 0;
                if (matches.Count == request.Limit && !isLast)
                    return new(page.Revision, matches, item.Key, null);
            }

            if (page.Remaining == 0 || page.Items.Count == 0)
                return new(page.Revision, matches, null, null);
            query = query with { After = page.Items[^1].Key, AtRevision = page.Revision };
        }
    }

    private static ListQuery Query(Operation operation, ListRequest request) => new()
    {
        Namespace = operation.Namespace.Length == 0 ? null : operation.Namespace,
        After = request.After,
        Limit = request.Limit,
        AtRevision = request.AtRevision,
    };

    private ValueTask RespondAsync(Operation operation, OutputForm form, ListResult result)
    {
        var metadata = Metadata(result);
        if (form.Shape == OutputShape.Table)
        {
            var table = responder.Table(operation, form).Write(result.Items.Select(i => i.Document), Encoding.UTF8.GetBytes(metadata));
            return Responder.BytesAsync(operation, table, form.ContentType);
        }

        var partial = form.Shape == OutputShape.PartialObject;
        var (kind, version) = partial ? ("PartialObjectMetadataList", $"meta.k8s.io/{form.Version}") : (operation.Resource.ListKind, operation.Resource.ApiVersion);
        var parts = new List<ReadOnlyMemory<byte>>((result.Items.Count * 2) + 2)
        {
            Encoding.UTF8.GetBytes($"{{\"kind\":\"{kind}\",\"apiVersion\":\"{version}\",\"metadata\":{metadata},\"items\":["),
        };
        ReadOnlyMemory<byte> comma = ","u8.ToArray();
        foreach (var item in result.Items)
        {
            if (parts.Count > 1)
                parts.Add(comma);
            parts.Add(partial ? PartialObjects.Of(item.Document, form.Version) : item.Document);
        }

        parts.Add("]}"u8.ToArray());
        return Responder.PartsAsync(operation, parts);
    }

    private static string Metadata(ListResult result)
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

/// <summary>A list: <paramref name="Last"/> is the key to go on after, null when nothing is left.</summary>
internal sealed record ListResult(long Revision, IReadOnlyList<StoredObject> Items, ObjectKey? Last, long? Remaining);
