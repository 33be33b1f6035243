using CloudPlane.Schema;

namespace CloudPlane.Api;

/// <summary>Every way to say no, in the words of k8s.io/apimachinery/pkg/api/errors.</summary>
internal static class ApiErrors
{
    public static ApiStatusException BadRequest(string message) => new(400, "BadRequest", message);

    public static ApiStatusException Unauthorized() => new(401, "Unauthorized", "Unauthorized");

    public static ApiStatusException Forbidden(ResourceType resource, string name, string why, StatusCause? cause = null) =>
        new(403, "Forbidden", $"{Subject(resource, name)} is forbidden: {why}")
        {
            Details = Of(resource, name) with { Causes = cause is null ? [] : [cause] },
        };

    public static ApiStatusException ForbiddenPath(string user, string verb, string path) =>
        new(403, "Forbidden", $"forbidden: User {GoText.Quote(user)} cannot {verb} path {GoText.Quote(path)}") { Details = new("", "", "") };

    public static ApiStatusException ImpersonationRefused(string user) =>
        new(403, "Forbidden", $"users {GoText.Quote(user)} is forbidden: impersonation is not supported by this server")
        {
            Details = new(user, "", "users"),
        };

    public static ApiStatusException NotFound(ResourceType resource, string name) =>
        new(404, "NotFound", $"{Subject(resource, name)} not found") { Details = Of(resource, name) };

    public static ApiStatusException UnknownPath() =>
        new(404, "NotFound", "the server could not find the requested resource") { Details = new("", "", "") };

    /// <summary>
    /// The same with the reason added, for kubectl prints it as it is: "kubectl exec" then says what is missing. No name in the details: that
    /// is how kubectl tells an absent subresource from an absent object.
    /// </summary>
    public static ApiStatusException UnknownSubresource(ResourceType resource, string subresource) =>
        new(404, "NotFound", $"the server could not find the requested resource: {Qualified(resource)}/{subresource} is not served") { Details = new("", "", "") };

    public static ApiStatusException MethodNotAllowed() =>
        new(405, "MethodNotAllowed", "the server does not allow this method on the requested resource") { Details = new("", "", "") };

    public static ApiStatusException NotAcceptable(string accepted) =>
        new(406, "NotAcceptable", $"only the following media types are accepted: {accepted}");

    /// <param name="isBeingDeleted">Whether the one that exists is on its way: whoever waits may have the name.</param>
    public static ApiStatusException AlreadyExists(ResourceType resource, string name, bool isBeingDeleted) =>
        new(409, "AlreadyExists", $"{(isBeingDeleted ? "object is being deleted: " : "")}{Subject(resource, name)} already exists") { Details = Of(resource, name) };

    public static ApiStatusException Conflict(ResourceType resource, string name, string why, string? subresource = null) =>
        new(409, "Conflict", $"Operation cannot be fulfilled on {Qualified(resource)}{(subresource is null ? "" : "/" + subresource)} {GoText.Quote(name)}: {why}")
        {
            Details = Of(resource, name),
        };

    public static ApiStatusException Modified(ResourceType resource, string name) =>
        Conflict(resource, name, "the object has been modified; please apply your changes to the latest version and try again");

    public static ApiStatusException Expired(string message) => new(410, "Expired", message);

    public static ApiStatusException TooLarge(string message) => new(413, "RequestEntityTooLarge", message);

    public static ApiStatusException UnsupportedMediaType(string message) => new(415, "UnsupportedMediaType", message);

    public static ApiStatusException Invalid(ResourceType resource, string name, IReadOnlyList<FieldError> errors) =>
        Invalid(resource.Group, resource.Kind, name, errors);

    public static ApiStatusException Invalid(string group, string kind, string name, IReadOnlyList<FieldError> errors)
    {
        var texts = errors.Select(e => e.Path.Length == 0 ? e.Message : $"{e.Path}: {e.Message}").Distinct(StringComparer.Ordinal).ToArray();
        var all = texts.Length == 1 ? texts[0] : $"[{string.Join(", ", texts)}]";
        var qualified = group.Length == 0 ? kind : $"{kind}.{group}";
        return new(422, "Invalid", $"{qualified} {GoText.Quote(name)} is invalid: {all}")
        {
            Details = new StatusDetails(name, group, kind)
            {
                Causes = [.. errors.Select(e => new StatusCause(e.Type.ToString(), e.Message, e.Path))],
            },
        };
    }

    /// <summary>A query or body option that has no such value; <paramref name="options"/> is e.g. "ListOptions".</summary>
    public static ApiStatusException InvalidOption(string options, FieldErrorType type, string field, string message) =>
        Invalid("meta.k8s.io", options, "", [new FieldError(type, field, message)]);

    public static ApiStatusException TooManyTries(ResourceType resource, string name) =>
        new(504, "Timeout", $"the server was not able to update {Qualified(resource)} {GoText.Quote(name)}: too many concurrent changes") { Details = Of(resource, name) };

    public static ApiStatusException ResourceVersionTooLarge(long requested, long current) =>
        new(504, "Timeout", $"Too large resource version: {requested}, current: {current}")
        {
            Details = new StatusDetails("", "", "")
            {
                Causes = [new("ResourceVersionTooLarge", "Too large resource version", "")],
                RetryAfterSeconds = 1,
            },
        };

    public static ApiStatusException ServiceUnavailable(string message) => new(503, "ServiceUnavailable", message);

    public static ApiStatusException Internal() => new(500, "InternalError", "Internal error occurred: see the server's log");

    /// <summary>"pods" or "deployments.apps".</summary>
    public static string Qualified(ResourceType resource) => resource.Group.Length == 0 ? resource.Plural : $"{resource.Plural}.{resource.Group}";

    private static string Subject(ResourceType resource, string name) =>
        name.Length == 0 ? Qualified(resource) : $"{Qualified(resource)} {GoText.Quote(name)}";

    private static StatusDetails Of(ResourceType resource, string name) => new(name, resource.Group, resource.Plural);
}
