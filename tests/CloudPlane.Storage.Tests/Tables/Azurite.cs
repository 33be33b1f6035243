using CloudPlane.Tests.Shared;

namespace CloudPlane.Storage.Tests;

/// <summary>One Azurite for all tests that need one. Each test has tables of its own.</summary>
public sealed class Azurite : IAsyncLifetime
{
    private AzuriteProcess _process = null!;

    internal Uri Endpoint => _process.Endpoint;

    public async Task InitializeAsync() => _process = await AzuriteProcess.StartAsync();

    public Task DisposeAsync()
    {
        _process.Dispose();
        return Task.CompletedTask;
    }

    /// <summary>A store over tables that nobody else has.</summary>
    internal TablesStoreOptions NewOptions() => new()
    {
        Endpoint = Endpoint,
        Key = TablesAccountKey.Parse(AzuriteProcess.Key),
        TablePrefix = $"t{Guid.NewGuid():N}"[..12],
        CreateOnFirstWrite = static _ => true,
    };
}

/// <summary>Tests on one Azurite run one after the other: it is one thread.</summary>
[CollectionDefinition(nameof(Azurite))]
public sealed class AzuriteCollection : ICollectionFixture<Azurite>;
