using System.Text.Json.Nodes;
using CloudPlane.Schema;

namespace CloudPlane.Api;

/// <summary>What a node may write inside the objects that it may write (Kubernetes' NodeRestriction admission plugin).</summary>
internal static class NodeRestriction
{
    private static readonly string[] KubeletLabels =
    [
        "kubernetes.io/hostname", "kubernetes.io/arch", "kubernetes.io/os", "beta.kubernetes.io/arch", "beta.kubernetes.io/os",
        "beta.kubernetes.io/instance-type", "node.kubernetes.io/instance-type", "failure-domain.beta.kubernetes.io/region",
        "failure-domain.beta.kubernetes.io/zone", "topology.kubernetes.io/region", "topology.kubernetes.io/zone",
    ];

    /// <param name="stored">The object before, null for a create.</param>
    /// <exception cref="ApiStatusException">403.</exception>
    public static void Check(Operation operation, JsonObject document, JsonObject? stored)
    {
        if (operation.User.NodeName is not { } node || operation.User.In(ApiUser.Masters))
            return;
        switch (operation.Resource.StorageName)
        {
            case "nodes":
                CheckNode(operation, node, document, stored);
                break;
            case "coordination.k8s.io/leases" when document.Metadata().Text("name") != node:
                throw Refuse(operation, "can only access node lease with the same name as the requesting node");
            case "pods" when operation.Subresource?.Name == "status" && stored is not null:
                CheckPodStatus(operation, node, document, stored);
                break;
        }
    }

    private static void CheckNode(Operation operation, string node, JsonObject document, JsonObject? stored)
    {
        var metadata = document.Metadata();
        if (metadata.Text("name") != node)
            throw Refuse(operation, $"node {GoText.Quote(node)} is not allowed to modify node {GoText.Quote(metadata.Text("name"))}");
        var old = stored.Object("metadata");
        if (stored is not null && !JsonNode.DeepEquals(document.Object("spec")?["taints"], stored.Object("spec")?["taints"]))
            throw Refuse(operation, $"node {GoText.Quote(node)} is not allowed to modify taints");
        if (stored is not null && !JsonNode.DeepEquals(metadata["ownerReferences"], old?["ownerReferences"]))
            throw Refuse(operation, $"node {GoText.Quote(node)} is not allowed to modify ownerReferences");

        var forbidden = ChangedKeys(metadata.Object("labels"), old.Object("labels")).Where(IsForbiddenLabel).Order(StringComparer.Ordinal).ToArray();
        if (forbidden.Length > 0)
            throw Refuse(operation, $"is not allowed to modify labels: {string.Join(", ", forbidden)}");
    }

    private static void CheckPodStatus(Operation operation, string node, JsonObject document, JsonObject stored)
    {
        if (stored.Object("spec").Text("nodeName") != node)
            throw Refuse(operation, $"node {GoText.Quote(node)} can only update pod status for pods with spec.nodeName set to itself");
        if (!JsonNode.DeepEquals(document.Object("metadata")?["labels"], stored.Object("metadata")?["labels"]))
            throw Refuse(operation, $"node {GoText.Quote(node)} cannot update labels through pod status");
    }

    private static IEnumerable<string> ChangedKeys(JsonObject? labels, JsonObject? old) =>
        (labels ?? []).Select(l => l.Key).Union((old ?? []).Select(l => l.Key)).Where(key => labels.Text(key) != old.Text(key) || (labels?.ContainsKey(key) ?? false) != (old?.ContainsKey(key) ?? false));

    private static bool IsForbiddenLabel(string key)
    {
        var slash = key.IndexOf('/');
        var space = slash < 0 ? "" : key[..slash];
        if (space == "node-restriction.kubernetes.io" || space.EndsWith(".node-restriction.kubernetes.io", StringComparison.Ordinal))
            return true;
        var isKubernetes = IsUnder(space, "kubernetes.io") || IsUnder(space, "k8s.io");
        return isKubernetes && !KubeletLabels.Contains(key) && !IsUnder(space, "kubelet.kubernetes.io") && !IsUnder(space, "node.kubernetes.io");
    }

    private static bool IsUnder(string space, string domain) => space == domain || space.EndsWith("." + domain, StringComparison.Ordinal);

    private static ApiStatusException Refuse(Operation operation, string why) => ApiErrors.Forbidden(operation.Resource, operation.Name, why);
}
