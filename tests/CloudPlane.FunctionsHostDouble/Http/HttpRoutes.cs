using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing.Template;

namespace CloudPlane.Doubles;

/// <summary>Finds the function of a request, by ASP.NET Core's templates: case does not matter, and "api/{*path}" matches "/api" too.</summary>
internal sealed class HttpRoutes(IEnumerable<HttpFunction> functions)
{
    private readonly (HttpFunction Function, TemplateMatcher Matcher)[] _routes =
    [
        .. functions
            .Select(function => (Function: function, Template: TemplateParser.Parse(function.Route)))
            .OrderBy(route => RoutePrecedence.ComputeInbound(route.Template))
            .Select(route => (route.Function, new TemplateMatcher(route.Template, []))),
    ];

    /// <summary>Null when no function takes this path with this method: the host answers 404 itself, never 405.</summary>
    public HttpFunction? Find(string method, PathString path) => _routes
        .Where(route => route.Function.Methods.Count == 0 || route.Function.Methods.Contains(method))
        .FirstOrDefault(route => route.Matcher.TryMatch(path, []))
        .Function;
}
