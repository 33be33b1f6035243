namespace CloudPlane.Storage;

/// <summary>One resource of one cluster: the unit of ordering and of transactions. <paramref name="Resource"/> is e.g. "pods" or "apps/deployments".</summary>
public readonly record struct Partition(string Cluster, string Resource)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Cluster}/{Resource}";
}
