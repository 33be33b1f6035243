namespace CloudPlane.Storage.Tests;

public sealed class SqliteStoreTests : StateStoreContract
{
    private readonly TemporaryDirectory _directory = new();

    protected override Task<IStateStore> OpenAsync() => Task.FromResult<IStateStore>(
        new SqliteStore(new() { Directory = _directory.Path, MaxDocumentBytes = MaxDocumentBytes, CompactionBatch = 2, TailBytes = 1024 * 1024 }));

    protected override async Task<IStateStore> ReopenAsync(IStateStore store)
    {
        await store.DisposeAsync();
        return await OpenAsync();
    }

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        _directory.Dispose();
    }
}

/// <summary>The same without a tail in memory: everything is answered by the database.</summary>
public sealed class SqliteStoreWithoutTailTests : StateStoreContract
{
    private readonly TemporaryDirectory _directory = new();

    protected override Task<IStateStore> OpenAsync() => Task.FromResult<IStateStore>(
        new SqliteStore(new() { Directory = _directory.Path, MaxDocumentBytes = MaxDocumentBytes, TailBytes = 1 }));

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        _directory.Dispose();
    }
}
