using Azure.Core.Pipeline;
using Xunit.Abstractions;

namespace CloudPlane.Storage.Tests;

/// <summary>The contract on Azurite, through a transport that refuses what Azure would.</summary>
[Collection(nameof(Azurite))]
public class TablesStoreTests(Azurite azurite) : StateStoreContract
{
    private readonly StrictTransport _strict = new(new HttpClientTransport());

    // Azurite takes milliseconds a request, and its queries go through whole tables.
    protected override int Histories => 12;

    protected override int HistoryBytes => 120;

    protected override int ConcurrentHistories => 4;

    private protected TablesStoreOptions Options { get; init; } = azurite.NewOptions() with { MaxDocumentBytes = MaxDocumentBytes, TailBytes = 1024 * 1024 };

    private protected virtual HttpPipelineTransport Disturb(HttpPipelineTransport transport) => transport;

    protected override Task<IStateStore> OpenAsync() =>
        Task.FromResult<IStateStore>(new TablesStore(Options with { Transport = Disturb(_strict) }, TimeProvider.System, new Random(1)));

    protected override async Task<IStateStore> ReopenAsync(IStateStore store)
    {
        await store.DisposeAsync();
        return await OpenAsync();
    }

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        Assert.Empty(_strict.Violations);
    }
}

/// <summary>The same with nothing in memory: everything is answered by the tables.</summary>
[Collection(nameof(Azurite))]
public sealed class TablesStoreWithoutMemoryTests : TablesStoreTests
{
    public TablesStoreWithoutMemoryTests(Azurite azurite)
        : base(azurite) => Options = Options with { TailChanges = 1, TailBytes = 1, CacheBytes = 0 };

    protected override int Histories => 6;
}

/// <summary>The same while one request in ten goes wrong.</summary>
[Collection(nameof(Azurite))]
public sealed class TablesStoreUnderFaultsTests : TablesStoreTests
{
    private readonly int _seed = Random.Shared.Next();

    public TablesStoreUnderFaultsTests(Azurite azurite, ITestOutputHelper output)
        : base(azurite)
    {
        // Shown when a test fails.
        output.WriteLine($"seed of the faults: {_seed}");
        Options = Options with { RetryDelay = TimeSpan.FromMilliseconds(2) };
    }

    protected override int Histories => 5;

    protected override int HistoryBytes => 90;

    protected override int ConcurrentHistories => 3;

    private protected override HttpPipelineTransport Disturb(HttpPipelineTransport transport) => new FaultyTransport(transport, _seed, rate: 0.1);
}
