namespace CloudPlane.Api;

/// <summary>The clusters that an <see cref="ApiServer"/> serves: one standalone, many in the cloud.</summary>
public interface IClusterDirectory
{
    /// <summary>The cluster of that name, or null when there is none.</summary>
    ValueTask<ServedCluster?> FindAsync(string name, CancellationToken cancellationToken);
}

/// <summary>
/// One cluster. <paramref name="Name"/> is what its state is kept under, which may be another than the one it was asked for by.
/// <paramref name="Tokens"/> makes and checks its bearer tokens; null takes none.
/// </summary>
public sealed record ServedCluster(string Name, TokenSigner? Tokens);

/// <summary>A directory of one cluster, which always exists.</summary>
public sealed class SingleCluster(string name, TokenSigner? tokens) : IClusterDirectory
{
    private readonly ServedCluster _cluster = new(name, tokens);

    /// <inheritdoc/>
    public ValueTask<ServedCluster?> FindAsync(string name, CancellationToken cancellationToken) =>
        ValueTask.FromResult(name == _cluster.Name ? _cluster : null);
}
