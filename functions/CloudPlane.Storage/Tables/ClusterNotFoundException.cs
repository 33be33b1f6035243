namespace CloudPlane.Storage;

/// <summary>The cluster has no table: it was never created, or has been deleted.</summary>
public sealed class ClusterNotFoundException(string cluster) : Exception($"cluster \"{cluster}\" does not exist")
{
    /// <summary>The cluster's name.</summary>
    public string Cluster { get; } = cluster;
}
