namespace CloudPlane.Storage.Tests;

public sealed class SqliteStoreTests : StateStoreContract
{
    private readonly TemporaryDirectory _directory = new();

    protected override Task<IStateStore> OpenAsync() => Task.FromResult<IStateStore>(
        new SqliteStore(new() { Directory = _directory.Path, MaxDocumentBytes = MaxDocumentBytes, CompactionBatch = 2, TailBytes = 1024 * 1024 }));

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        _directory.Dispose();
    }
}
