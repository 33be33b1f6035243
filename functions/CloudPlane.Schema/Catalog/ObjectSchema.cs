namespace CloudPlane.Schema;

/// <summary>A structural type: named fields with Kubernetes' list and merge markers.</summary>
public sealed class ObjectSchema
{
    /// <summary>The model name, e.g. "io.k8s.api.core.v1.PodSpec".</summary>
    public required string Name { get; init; }

    /// <summary>JSON name to shape.</summary>
    public required IReadOnlyDictionary<string, FieldSchema> Fields { get; init; }

    /// <summary>Published as required.</summary>
    public required IReadOnlyList<string> Required { get; init; }

    /// <summary>The whole struct is one unit in server-side apply.</summary>
    public bool Atomic { get; init; }
}
