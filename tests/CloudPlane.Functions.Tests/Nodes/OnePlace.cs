using CloudPlane.Storage;

namespace CloudPlane.Functions.Tests;

/// <summary>The store in memory keeps whatever cluster it is asked for.</summary>
internal sealed class OnePlace : IClusterTables
{
    public Task CreateClusterAsync(string cluster, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task DropClusterAsync(string cluster, CancellationToken cancellationToken) => Task.CompletedTask;
}
