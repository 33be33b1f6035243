using CloudPlane.Schema;

namespace CloudPlane.Api;

/// <summary>A watch's options, checked as Kubernetes checks them.</summary>
/// <param name="After">Events after this revision; null begins with what there is now.</param>
/// <param name="InitialEvents">Whether the present objects come first, as ADDED events.</param>
/// <param name="MarkInitialEnd">Whether a bookmark tells that the present objects are complete.</param>
/// <param name="NotOlderThan">The present objects must be at least this new; 0 for any.</param>
internal sealed record WatchRequest(long? After, bool InitialEvents, bool MarkInitialEnd, long NotOlderThan, bool Bookmarks, TimeSpan? Timeout)
{
    public static WatchRequest Parse(QueryParameters query)
    {
        var version = Freshness.Parse(query.Text("resourceVersion"));
        var match = query.Text("resourceVersionMatch");
        var bookmarks = query.Flag("allowWatchBookmarks");
        var timeout = query.Number("timeoutSeconds") is > 0 and var seconds ? TimeSpan.FromSeconds(Math.Min(seconds, 86_400)) : (TimeSpan?)null;
        if (query["sendInitialEvents"] is { Length: > 0 })
        {
            if (match != "NotOlderThan")
                throw Forbidden("sendInitialEvents requires setting resourceVersionMatch to NotOlderThan");
            return query.Flag("sendInitialEvents")
                ? new(null, true, bookmarks, version ?? 0, bookmarks, timeout)
                : new(version is 0 ? null : version, false, false, 0, bookmarks, timeout);
        }

        if (match.Length > 0)
            throw Forbidden("resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided");
        return version is null or 0
            ? new(null, true, false, 0, bookmarks, timeout)
            : new(version, false, false, 0, bookmarks, timeout);
    }

    private static ApiStatusException Forbidden(string why) =>
        ApiErrors.InvalidOption("ListOptions", FieldErrorType.FieldValueForbidden, "resourceVersionMatch", $"Forbidden: {why}");
}
