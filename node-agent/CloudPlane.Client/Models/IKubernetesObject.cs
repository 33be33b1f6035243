using System.Text.Json;

namespace CloudPlane.Client;

/// <summary>A typed object: an immutable record generated from the catalog. Fields without a typed property survive a round trip.</summary>
public interface IKubernetesObject<TSelf> where TSelf : IKubernetesObject<TSelf>
{
    /// <summary>Which resource these objects are.</summary>
    static abstract ResourceInfo Resource { get; }

    /// <summary>Reads one object; the reader stands on its StartObject.</summary>
    static abstract TSelf Read(ref Utf8JsonReader reader);

    /// <summary>Writes the object with apiVersion and kind.</summary>
    void Write(Utf8JsonWriter writer);

    /// <summary>The object's metadata.</summary>
    ObjectMeta Metadata { get; init; }
}

/// <summary>What a client needs to know of a resource to build its paths.</summary>
public sealed record ResourceInfo(string Group, string Version, string Kind, string Plural, bool Namespaced)
{
    /// <summary>"v1" or "apps/v1".</summary>
    public string ApiVersion => Group.Length == 0 ? Version : $"{Group}/{Version}";
    /// <summary>The store's name of the resource: "pods" or "apps/deployments".</summary>
    public string StorageName => Group.Length == 0 ? Plural : $"{Group}/{Plural}";
}
