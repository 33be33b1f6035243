namespace CloudPlane.Schema;

/// <summary>The paths and operations of a resource, named as Kubernetes names them.</summary>
internal sealed class ApiPaths(Catalog catalog)
{
    private static readonly (string Verb, string Method, string Action, string Word)[] ObjectVerbs =
    [
        ("get", "get", "get", "read"), ("update", "put", "put", "replace"), ("patch", "patch", "patch", "patch"), ("delete", "delete", "delete", "delete"),
        ("create", "post", "post", "create"),
    ];

    private readonly Dictionary<GroupVersionKind, string> _models = catalog.TypeNames.Select(catalog.Type)
        .SelectMany(t => t.GroupVersionKinds.Select(k => (Kind: k, t.Name))).DistinctBy(t => t.Kind).ToDictionary(t => t.Kind, t => t.Name);

    public IEnumerable<ApiPath> Of(string group, string version) =>
        catalog.Resources.Where(r => r.Group == group && r.Version == version).SelectMany(Of).OrderBy(p => p.Path, StringComparer.Ordinal);

    private IEnumerable<ApiPath> Of(ResourceType resource)
    {
        var root = resource.Group.Length == 0 ? $"/api/{resource.Version}" : $"/apis/{resource.Group}/{resource.Version}";
        var scope = resource.Namespaced ? "/namespaces/{namespace}" : "";
        IReadOnlyList<string> inScope = resource.Namespaced ? ["namespace"] : [];
        var all = $"{root}{scope}/{resource.Plural}";

        yield return new ApiPath(all, inScope, [.. Collection(resource)]);
        if (resource.Namespaced && resource.Verbs.Contains("list"))
            yield return new ApiPath($"{root}/{resource.Plural}", [], [Listing(resource, $"{resource.Kind}ForAllNamespaces")]);
        if (resource.Verbs.Contains("get"))
            yield return new ApiPath($"{all}/{{name}}", ["name", .. inScope], [.. OneObject(resource, null)]);
        foreach (var subresource in resource.Subresources)
            yield return new ApiPath($"{all}/{{name}}/{subresource.Name}", ["name", .. inScope], [.. OneObject(resource, subresource)]);
    }

    private static IEnumerable<ApiOperation> Collection(ResourceType resource)
    {
        var model = resource.Schema.Name;
        if (resource.Verbs.Contains("list"))
            yield return Listing(resource, Scoped(resource));
        if (resource.Verbs.Contains("create"))
            yield return Operation(resource, "post", "post", $"create{Prefix(resource)}{Scoped(resource)}", Kind(resource), model, model);
        if (resource.Verbs.Contains("deletecollection"))
        {
            yield return Operation(resource, "delete", "deletecollection", $"delete{Prefix(resource)}Collection{Scoped(resource)}", Kind(resource),
                OpenApiModels.DeleteOptions, OpenApiModels.Status);
        }
    }

    private IEnumerable<ApiOperation> OneObject(ResourceType resource, Subresource? subresource)
    {
        var kind = subresource is null ? Kind(resource) : new GroupVersionKind(subresource.Group, subresource.Version, subresource.Kind);
        var model = subresource is null ? resource.Schema.Name : _models[kind];
        var suffix = Scoped(resource) + (subresource is null ? "" : Capitalized(subresource.Name));
        var verbs = subresource?.Verbs ?? resource.Verbs;
        foreach (var (verb, method, action, word) in ObjectVerbs.Where(v => verbs.Contains(v.Verb) && (v.Verb != "create" || subresource is not null)))
        {
            var body = action switch
            {
                "get" => null,
                "patch" => OpenApiModels.Patch,
                "delete" => OpenApiModels.DeleteOptions,
                _ => model,
            };
            var response = subresource?.Name == "log" ? null : action == "delete" && resource.Kind != "Pod" ? OpenApiModels.Status : model;
            var operation = Operation(resource, method, action, $"{word}{Prefix(resource)}{suffix}", kind, body, response);
            yield return subresource?.Name == "log" ? operation with { Query = [.. operation.Query, .. LogOptions()] } : operation;
        }
    }

    private IEnumerable<QueryParameter> LogOptions() => catalog.Type("io.k8s.api.core.v1.PodLogOptions").Fields
        .Where(f => f.Key is not ("kind" or "apiVersion"))
        .Select(f => new QueryParameter(f.Key, f.Value.Kind switch { FieldKind.Integer => "integer", FieldKind.Boolean => "boolean", _ => "string" }, ""));

    private static ApiOperation Listing(ResourceType resource, string suffix) =>
        Operation(resource, "get", "list", $"list{Prefix(resource)}{suffix}", Kind(resource), null, $"{resource.Schema.Name}List");

    private static ApiOperation Operation(
        ResourceType resource, string method, string action, string id, GroupVersionKind kind, string? body, string? response) =>
        new(method, action, id, $"{ShortGroup(resource)}_{resource.Version}", kind, body, response, QueryParameter.OfAction(action));

    private static GroupVersionKind Kind(ResourceType resource) => new(resource.Group, resource.Version, resource.Kind);

    private static string Scoped(ResourceType resource) => resource.Namespaced ? $"Namespaced{resource.Kind}" : resource.Kind;

    private static string Prefix(ResourceType resource) => Capitalized(ShortGroup(resource)) + Capitalized(resource.Version);

    private static string ShortGroup(ResourceType resource) => resource.Group.Length == 0 ? "core" : resource.Group.Split('.')[0];

    private static string Capitalized(string text) => char.ToUpperInvariant(text[0]) + text[1..];
}
