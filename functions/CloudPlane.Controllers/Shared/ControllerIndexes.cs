using CloudPlane.Client;

namespace CloudPlane.Controllers;

/// <summary>Indexes that several controllers look things up by.</summary>
internal static class ControllerIndexes<T> where T : class, IKubernetesObject<T>
{
    /// <summary>By namespace: objects that no controller owns, so that a selector may adopt them.</summary>
    public static readonly ReplicaIndex<T> Orphans = new("orphans", value => Owners.ControllerOf(value.Metadata) is null ? [value.Metadata.Namespace ?? ""] : []);
}
