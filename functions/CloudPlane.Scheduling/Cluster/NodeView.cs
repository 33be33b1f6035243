using CloudPlane.Client;

namespace CloudPlane.Scheduling;

/// <summary>A node as filters and scores see it.</summary>
internal sealed record NodeView(Node Node, ResourceAmounts Allocatable, NodeUsage Usage)
{
    public string Name => Node.Metadata.Name!;

    public IReadOnlyDictionary<string, string>? Labels => Node.Metadata.Labels;

    public IReadOnlyList<Taint> Taints => Node.Spec?.Taints ?? [];

    public static NodeView Of(Node node, NodeUsage usage) =>
        new(node, ResourceAmounts.From(node.Status?.Allocatable ?? node.Status?.Capacity), usage);
}
