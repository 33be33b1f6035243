using CloudPlane.Storage;

namespace CloudPlane.Api;

/// <summary>
/// What a node may ask for, by verb, resource and name (Kubernetes' node authorizer). What it may write inside its own objects is
/// <see cref="NodeRestriction"/>'s business.
/// </summary>
internal sealed class NodeAuthorizer(PodReferences references, IStateStore store)
{
    private const string LeaseNamespace = "kube-node-lease";

    public ValueTask<bool> AllowsAsync(string node, Operation operation)
    {
        var subresource = operation.Subresource?.Name;
        return (operation.Resource.StorageName, operation.Verb) switch
        {
            ("nodes", "create") => new(subresource is null),
            ("nodes", "update" or "patch") => new(operation.Name == node && subresource is (null or "status")),
            ("nodes", "get" or "list" or "watch") => new(true),
            ("coordination.k8s.io/leases", "create") => new(operation.Namespace == LeaseNamespace),
            ("coordination.k8s.io/leases", "get" or "update" or "patch" or "delete") =>
                new(operation.Namespace == LeaseNamespace && operation.Name == node),
            ("pods", _) => PodAsync(node, operation, subresource),
            ("configmaps", "get" or "list" or "watch") => ReferencedAsync(node, operation, PodReferenceKind.ConfigMap),
            ("secrets", "get" or "list" or "watch") => ReferencedAsync(node, operation, PodReferenceKind.Secret),
            ("events", "create" or "patch" or "update") => new(true),
            ("services" or "discovery.k8s.io/endpointslices", "get" or "list" or "watch") => new(true),
            ("namespaces", "get") => new(true),
            _ => new(false),
        };
    }

    private async ValueTask<bool> PodAsync(string node, Operation operation, string? subresource) => (operation.Verb, subresource) switch
    {
        ("list" or "watch", null) => AsksForOwnPods(node, operation) || (operation.Name.Length > 0 && await IsOwnPodAsync(node, operation)),
        ("get", null or "status") => await IsOwnPodAsync(node, operation),
        ("update" or "patch", "status") => await IsOwnPodAsync(node, operation),
        ("delete", null) => await IsOwnPodAsync(node, operation),
        _ => false,
    };

    private static bool AsksForOwnPods(string node, Operation operation) =>
        operation.Query.Text("fieldSelector").Split(',').Any(term => term == $"spec.nodeName={node}" || term == $"spec.nodeName=={node}");

    /// <summary>A pod that is gone counts as its own: the answer is then 404 or nothing, which tells less than 403 would.</summary>
    private async ValueTask<bool> IsOwnPodAsync(string node, Operation operation)
    {
        var pod = await store.GetAsync(operation.Partition, operation.Key, operation.Aborted);
        return pod is null || Documents.Parse(pod.Document).Object("spec").Text("nodeName") == node;
    }

    private async ValueTask<bool> ReferencedAsync(string node, Operation operation, PodReferenceKind kind)
    {
        var name = operation.Name.Length > 0 ? operation.Name : NameDemanded(operation.Query.Text("fieldSelector"));
        return name.Length > 0 && operation.Namespace.Length > 0
            && await references.ExistsAsync(operation.Cluster, node, kind, new ObjectKey(operation.Namespace, name), operation.Aborted);
    }

    private static string NameDemanded(string fieldSelector)
    {
        const string term = "metadata.name=";
        var text = fieldSelector.StartsWith(term, StringComparison.Ordinal) ? fieldSelector[term.Length..].TrimStart('=') : "";
        return text.Contains(',') ? "" : text;
    }
}
