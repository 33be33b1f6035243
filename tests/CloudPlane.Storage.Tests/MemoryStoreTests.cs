namespace CloudPlane.Storage.Tests;

public sealed class MemoryStoreTests : StateStoreContract
{
    protected override Task<IStateStore> OpenAsync() => Task.FromResult<IStateStore>(new MemoryStore(MaxDocumentBytes));
}
