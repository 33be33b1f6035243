namespace CloudPlane.Storage;

/// <summary>Where clusters' state is made and thrown away, by a backend that keeps each cluster's apart.</summary>
public interface IClusterTables
{
    /// <summary>Makes the place of a cluster's state; nothing happens if there is one.</summary>
    /// <exception cref="StoreUnavailableException">Not now.</exception>
    Task CreateClusterAsync(string cluster, CancellationToken cancellationToken);

    /// <summary>Throws a cluster's state away, whatever is in it; nothing happens if there is none.</summary>
    /// <exception cref="StoreUnavailableException">Not now.</exception>
    Task DropClusterAsync(string cluster, CancellationToken cancellationToken);
}
