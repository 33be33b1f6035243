using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Template;

namespace CloudPlane.Doubles;

/// <summary>What the routes of an app must not do.</summary>
internal static class HttpRouteRules
{
    /// <param name="triggers">Names of functions that are not HTTP functions: the handler answers POST /NAME as the host's own call.</param>
    public static void Check(IReadOnlyList<HttpFunction> functions, IReadOnlyList<string> triggers, List<string> faults)
    {
        foreach (var function in functions)
        {
            if (Template(function.Route) is not { } template)
            {
                faults.Add($"{function.Name}: \"{function.Route}\" is no route template");
                continue;
            }

            // "/admin" and "/runtime" are the host's own.
            if (template.Segments is [{ IsSimple: true, Parts: [{ IsLiteral: true, Text: { } first }] }, ..]
                && (first.Equals("admin", StringComparison.OrdinalIgnoreCase) || first.Equals("runtime", StringComparison.OrdinalIgnoreCase)))
                faults.Add($"{function.Name}: the route \"{function.Route}\" is reserved by the host");
            foreach (var trigger in triggers.Where(name => Matches(template, $"/{name}")))
                faults.Add($"{function.Name}: the route \"{function.Route}\" lets anybody call the path /{trigger} of that trigger");
        }

        foreach (var same in functions.GroupBy(f => f.Route, StringComparer.OrdinalIgnoreCase).Where(g => g.Count() > 1))
            faults.Add($"{string.Join(", ", same.Select(f => f.Name))}: have the same route \"{same.Key}\"");
    }

    public static RouteTemplate? Template(string route)
    {
        try
        {
            return TemplateParser.Parse(route);
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    public static bool Matches(RouteTemplate template, string path) => new TemplateMatcher(template, []).TryMatch(path, []);
}
