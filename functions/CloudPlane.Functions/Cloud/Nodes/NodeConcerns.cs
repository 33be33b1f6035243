using System.Text.Json;
using CloudPlane.Client;

namespace CloudPlane.Functions;

/// <summary>Which nodes have to hear of a change. Most changes of pods are what their own node reports, and concern no node.</summary>
internal sealed class NodeConcerns(Replicas replicas)
{
    private static readonly string[] PodMetadata = ["labels", "annotations", "deletionTimestamp", "deletionGracePeriodSeconds"];

    /// <summary>The names of the nodes that these changes of a resource concern.</summary>
    public async ValueTask<IReadOnlyCollection<string>> OfAsync(string resource, IReadOnlyList<FeedChange> changes, CancellationToken cancellationToken)
    {
        switch (resource)
        {
            case "pods":
                return changes.Where(IsForTheNode).Select(change => NodeName(change.Document)).Where(node => node.Length > 0).ToHashSet();
            // The way to its pods leads through a node's address and network: each node keeps a route to each other.
            case "nodes" when changes.Any(IsForOtherNodes):
                // One that was deleted under its agent registers again.
                var deleted = changes.Where(change => change.Deleted).Select(change => MetadataOf(change.Document).Name);
                return [.. (await AllAsync(cancellationToken)).Concat(deleted).Distinct()];
            // In volumes: what a container has in its environment stays as it was when it began.
            case "configmaps":
                return await MountedOnAsync(PodVolumeSources.ConfigMap, changes, cancellationToken);
            case "secrets":
                return await MountedOnAsync(PodVolumeSources.Secret, changes, cancellationToken);
            default:
                return [];
        }
    }

    /// <summary>The names of all nodes.</summary>
    public async ValueTask<IReadOnlyCollection<string>> AllAsync(CancellationToken cancellationToken) =>
        [.. (await replicas.SyncAsync<Node>(cancellationToken)).All.Select(node => node.Metadata.Name!)];

    private async ValueTask<IReadOnlyCollection<string>> MountedOnAsync(
        ReplicaIndex<Pod> index, IReadOnlyList<FeedChange> changes, CancellationToken cancellationToken)
    {
        var pods = await replicas.SyncAsync<Pod>(cancellationToken);
        return changes.SelectMany(change => pods.Find(index, MetadataOf(change.Document).ToString()))
            .Select(pod => pod.Spec?.NodeName ?? "").Where(node => node.Length > 0).ToHashSet();
    }

    private static bool IsForTheNode(FeedChange change)
    {
        if (change.Deleted || change.Previous.IsEmpty)
            return true;
        using var before = JsonDocument.Parse(change.Previous);
        using var after = JsonDocument.Parse(change.Document);
        return Differs(before.RootElement, after.RootElement, "spec")
            || Array.Exists(PodMetadata, name => Differs(Member(before.RootElement, "metadata"), Member(after.RootElement, "metadata"), name));
    }

    private static bool IsForOtherNodes(FeedChange change)
    {
        if (change.Deleted || change.Previous.IsEmpty)
            return true;
        using var before = JsonDocument.Parse(change.Previous);
        using var after = JsonDocument.Parse(change.Document);
        return Differs(before.RootElement, after.RootElement, "spec")
            || Differs(Member(before.RootElement, "metadata"), Member(after.RootElement, "metadata"), "labels")
            || Differs(Member(before.RootElement, "status"), Member(after.RootElement, "status"), "addresses");
    }

    private static string NodeName(ReadOnlyMemory<byte> pod)
    {
        using var document = JsonDocument.Parse(pod);
        return Member(document.RootElement, "spec") is { } spec && Member(spec, "nodeName") is { ValueKind: JsonValueKind.String } name ? name.GetString()! : "";
    }

    private static ObjectName MetadataOf(ReadOnlyMemory<byte> document)
    {
        using var parsed = JsonDocument.Parse(document);
        var metadata = Member(parsed.RootElement, "metadata");
        string Text(string name) => Member(metadata, name) is { ValueKind: JsonValueKind.String } text ? text.GetString()! : "";
        return new ObjectName(Text("namespace"), Text("name"));
    }

    private static bool Differs(JsonElement? before, JsonElement? after, string name) =>
        (Member(before, name), Member(after, name)) switch
        {
            (null, null) => false,
            ({ } was, { } isNow) => !JsonElement.DeepEquals(was, isNow),
            _ => true,
        };

    private static JsonElement? Member(JsonElement? element, string name) =>
        element is { ValueKind: JsonValueKind.Object } parent && parent.TryGetProperty(name, out var value) ? value : null;
}
