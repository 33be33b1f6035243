using CloudPlane.Schema;
using CloudPlane.Storage;

namespace CloudPlane.Api;

/// <summary>A list's options, checked as Kubernetes checks them.</summary>
/// <param name="AtRevision">Exactly this revision, or null for the newest.</param>
/// <param name="NotOlderThan">At least this revision; 0 for any.</param>
internal sealed record ListRequest(int Limit, ObjectKey? After, long? AtRevision, long NotOlderThan)
{
    public static ListRequest Parse(QueryParameters query)
    {
        var limit = query.Number("limit") ?? 0;
        var version = Freshness.Parse(query.Text("resourceVersion"));
        var match = query.Text("resourceVersionMatch");
        CheckMatch(query, match, version);
        var size = (int)Math.Clamp(limit, 0, int.MaxValue);
        if (query.Text("continue") is { Length: > 0 } text)
        {
            if (version is > 0)
                throw ApiErrors.BadRequest("specifying resource version is not allowed when using continue");
            var token = ContinueToken.Decode(text);
            return new(size, token.After, token.Revision < 0 ? null : token.Revision, 0);
        }

        // Without a match a paged read of a revision is exact, an unpaged one is "not older than".
        var exact = version is > 0 && (match == "Exact" || (match.Length == 0 && size > 0));
        return new(size, null, exact ? version : null, version ?? 0);
    }

    private static void CheckMatch(QueryParameters query, string match, long? version)
    {
        if (query.Flag("sendInitialEvents"))
            throw Forbidden("sendInitialEvents", "sendInitialEvents is forbidden for list");
        if (match.Length == 0)
            return;
        if (query.Text("continue").Length > 0)
            throw Forbidden("resourceVersionMatch", "resourceVersionMatch is forbidden when continue is provided");
        if (version is null)
            throw Forbidden("resourceVersionMatch", "resourceVersionMatch is forbidden unless resourceVersion is provided");
        if (match is not ("Exact" or "NotOlderThan"))
        {
            throw ApiErrors.InvalidOption("ListOptions", FieldErrorType.FieldValueNotSupported, "resourceVersionMatch",
                $"Unsupported value: {GoText.Quote(match)}: supported values: \"Exact\", \"NotOlderThan\", \"\"");
        }

        if (match == "Exact" && version == 0)
            throw Forbidden("resourceVersionMatch", "resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"");
    }

    private static ApiStatusException Forbidden(string field, string why) =>
        ApiErrors.InvalidOption("ListOptions", FieldErrorType.FieldValueForbidden, field, $"Forbidden: {why}");
}
