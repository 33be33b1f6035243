namespace CloudPlane.Client;

/// <summary>A typed object of a served resource.</summary>
public interface IKubernetesObject<TSelf> : IModel<TSelf> where TSelf : class, IKubernetesObject<TSelf>
{
    /// <summary>Which resource these objects are.</summary>
    static abstract ResourceInfo Resource { get; }

    /// <summary>The object's metadata.</summary>
    ObjectMeta Metadata { get; init; }

    /// <summary>The same object with other metadata (generic code has no `with`).</summary>
    TSelf WithMetadata(ObjectMeta metadata);
}

/// <summary>What a client needs to know of a resource to build its paths.</summary>
public sealed record ResourceInfo(string Group, string Version, string Kind, string Plural, bool Namespaced)
{
    /// <summary>"v1" or "apps/v1".</summary>
    public string ApiVersion => Group.Length == 0 ? Version : $"{Group}/{Version}";

    /// <summary>The store's name of the resource: "pods" or "apps/deployments".</summary>
    public string StorageName => Group.Length == 0 ? Plural : $"{Group}/{Plural}";
}
