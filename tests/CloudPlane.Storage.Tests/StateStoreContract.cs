using static CloudPlane.Storage.Tests.Documents;

namespace CloudPlane.Storage.Tests;

/// <summary>What every backend does, whatever it is made of. A backend's test class only says how to open one.</summary>
public abstract partial class StateStoreContract : IAsyncLifetime
{
    protected IStateStore Store { get; private set; } = null!;

    public async Task InitializeAsync() => Store = await OpenAsync();

    public virtual async Task DisposeAsync() => await Store.DisposeAsync();

    /// <summary>A new, empty store whose documents may have up to 64 KiB.</summary>
    protected abstract Task<IStateStore> OpenAsync();

    protected const int MaxDocumentBytes = 64 * 1024;

    private static async Task<string[]> Lines(IStateStore store, Partition partition, ListQuery query) =>
        [.. (await store.ListAsync(partition, query, default)).Items.Select(o => o.Line())];

    private async Task<string[]> Log(long after, int limit = 1000) =>
        [.. (await Store.ReadLogAsync(Pods, after, limit, default)).Select(c => c.Line())];
}
