namespace CloudPlane.Storage.Tests;

/// <summary>The contract on Azurite.</summary>
[Collection(nameof(Azurite))]
public sealed class TablesStoreTests(Azurite azurite) : StateStoreContract
{
    private readonly TablesStoreOptions _options = azurite.NewOptions() with { MaxDocumentBytes = MaxDocumentBytes, TailBytes = 1024 * 1024 };

    // Azurite takes milliseconds a request, and its queries go through whole tables.
    protected override int Histories => 12;

    protected override int HistoryBytes => 120;

    protected override int ConcurrentHistories => 4;

    protected override Task<IStateStore> OpenAsync() => Task.FromResult<IStateStore>(new TablesStore(_options, TimeProvider.System, new Random(1)));

    protected override async Task<IStateStore> ReopenAsync(IStateStore store)
    {
        await store.DisposeAsync();
        return await OpenAsync();
    }
}
