namespace CloudPlane.Schema;

/// <summary>One path of the API with what can be done there; <paramref name="Parameters"/> are its {placeholders}.</summary>
internal sealed record ApiPath(string Path, IReadOnlyList<string> Parameters, IReadOnlyList<ApiOperation> Operations);

/// <summary>
/// An HTTP method on a path. <paramref name="Action"/> is x-kubernetes-action; <paramref name="Body"/> and <paramref name="Response"/> are
/// model names (a null response is plain text, a null body none).
/// </summary>
internal sealed record ApiOperation(
    string Method, string Action, string Id, string Tag, GroupVersionKind Kind, string? Body, string? Response, IReadOnlyList<QueryParameter> Query)
{
    public string Description => Action switch
    {
        "list" => $"List objects of kind {Kind.Kind}, or watch their changes.",
        "get" => $"Read one object of kind {Kind.Kind}.",
        "post" => $"Create a {Kind.Kind}.",
        "put" => $"Replace a {Kind.Kind}.",
        "patch" => $"Change parts of a {Kind.Kind}.",
        "deletecollection" => $"Delete all selected objects of kind {Kind.Kind}.",
        _ => $"Delete a {Kind.Kind}.",
    };

    /// <summary>The media types that the body may have.</summary>
    public IReadOnlyList<string> Consumes => Body switch
    {
        null => [],
        OpenApiModels.Patch => ["application/json-patch+json", "application/merge-patch+json", "application/strategic-merge-patch+json"],
        _ => ["application/json", "application/yaml"],
    };
}

/// <summary>A query parameter of type string, integer or boolean.</summary>
internal sealed record QueryParameter(string Name, string Type, string Description)
{
    private static readonly QueryParameter Pretty = new("pretty", "string", "Indent the output when true.");
    private static readonly QueryParameter DryRun = new("dryRun", "string", "With All, everything is checked and nothing is stored.");
    private static readonly QueryParameter FieldManager = new("fieldManager", "string", "Who makes the change.");

    private static readonly QueryParameter FieldValidation = new(
        "fieldValidation", "string", "What happens to unknown and duplicate fields: Ignore, Warn or Strict.");

    private static readonly QueryParameter Force = new("force", "boolean", "Take fields over from other managers; only for apply patches.");

    private static readonly QueryParameter[] Selecting =
    [
        new("continue", "string", "The token of the page before."),
        new("fieldSelector", "string", "Only objects whose fields match."),
        new("labelSelector", "string", "Only objects whose labels match."),
        new("limit", "integer", "The most objects that one answer holds."),
        new("resourceVersion", "string", "The state that the answer is to be at least as new as."),
        new("resourceVersionMatch", "string", "How resourceVersion is meant: Exact or NotOlderThan."),
        new("sendInitialEvents", "boolean", "Begin a watch with the objects that exist."),
        new("timeoutSeconds", "integer", "How long the call may take."),
    ];

    private static readonly QueryParameter[] Watching =
    [
        new("allowWatchBookmarks", "boolean", "The watch may hold BOOKMARK events."),
        new("watch", "boolean", "Stream changes instead of listing."),
    ];

    private static readonly QueryParameter[] Deleting =
    [
        DryRun,
        new("gracePeriodSeconds", "integer", "How long the object may take to stop."),
        new("orphanDependents", "boolean", "Deprecated: propagationPolicy says it."),
        new("propagationPolicy", "string", "What happens to dependents: Orphan, Background or Foreground."),
    ];

    public static IReadOnlyList<QueryParameter> OfAction(string action) => action switch
    {
        "list" => [Pretty, .. Selecting, .. Watching],
        "deletecollection" => [Pretty, .. Selecting, .. Deleting],
        "delete" => [Pretty, .. Deleting],
        "post" or "put" => [Pretty, DryRun, FieldManager, FieldValidation],
        "patch" => [Pretty, DryRun, FieldManager, FieldValidation, Force],
        _ => [Pretty],
    };
}
