using System.Security.Cryptography;
using CloudPlane.Api;
using CloudPlane.Doubles;
using CloudPlane.Functions;
using CloudPlane.Storage;
using CloudPlane.Tests.Shared;

namespace CloudPlane.Benchmarks;

/// <summary>A deployment of the published app on Azurite and the bus double, without processes: those are started when they are measured.</summary>
internal sealed class HandlerApp
{
    private static readonly TimeSpan TokenLifetime = TimeSpan.FromHours(1);

    private readonly string _folder;
    private readonly Uri _azurite;
    private readonly ServiceBusDoubleServer _bus;
    private readonly string _secret = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));

    public HandlerApp(string folder, Uri azurite, ServiceBusDoubleServer bus)
    {
        (_folder, _azurite, _bus) = (folder, azurite, bus);
        // As the template has it.
        bus.Bus.CreateQueue(ServiceBusWorkQueue.Name, new QueueSettings
        {
            RequiresSession = true,
            RequiresDuplicateDetection = true,
            DuplicateDetectionHistoryTimeWindow = ServiceBusWorkQueue.DuplicateDetectionWindow,
        });
    }

    /// <summary>Where the state is, for who looks beside the handlers.</summary>
    public TablesStoreOptions Tables => new() { Endpoint = _azurite, Key = TablesAccountKey.Parse(AzuriteProcess.Key) };

    /// <summary>Executes a handler.</summary>
    /// <param name="tables">Azurite, or the proxy before it.</param>
    public HandlerProcess Start(Uri tables) => HandlerProcess.Start(_folder, new Dictionary<string, string>
    {
        ["CLOUDPLANE_TABLES_ENDPOINT"] = tables.AbsoluteUri,
        ["CLOUDPLANE_TABLES_KEY"] = AzuriteProcess.Key,
        ["CLOUDPLANE_BUS_ENDPOINT"] = _bus.Endpoint.GetLeftPart(UriPartial.Authority),
        ["CLOUDPLANE_BUS_KEY"] = _bus.Bus.RootKey,
        ["CLOUDPLANE_SIGNING_KEY"] = _secret,
        ["CLOUDPLANE_PUBLIC_URL"] = "https://cloudplane.example",
    });

    /// <summary>The cluster of the bare paths, which always exists.</summary>
    public async Task<HandlerCluster> DefaultClusterAsync()
    {
        await using var store = new TablesStore(Tables, TimeProvider.System, new Random(1));
        return await OpenAsync(Registry(store), ClusterRegistry.Default, "", ClusterRegistry.Default);
    }

    /// <summary>Makes a cluster with a table of its own, as the deployment's API does.</summary>
    public async Task<HandlerCluster> CreateClusterAsync(string name)
    {
        await using var store = new TablesStore(
            Tables with { CreateOnFirstWrite = static cluster => cluster == ClusterRegistry.Deployment }, TimeProvider.System, new Random(1));
        var registry = Registry(store);
        var id = Guid.NewGuid();
        var record = new ClusterRecord(name, id.ToString("N"), TimeProvider.System.GetUtcNow(), NodesSeen: null);
        await store.CreateClusterAsync(record.StateName, default);
        await registry.AddAsync(record, id, default);
        return await OpenAsync(registry, name, $"/clusters/{name}", record.StateName);
    }

    private ClusterRegistry Registry(TablesStore store) => new(store, MasterSecret.Parse(_secret), TimeProvider.System);

    private static async Task<HandlerCluster> OpenAsync(ClusterRegistry registry, string name, string path, string state)
    {
        var claims = new TokenClaims(TokenUse.Admin, "kubernetes-admin", state, TimeProvider.System.GetUtcNow() + TokenLifetime);
        return new(path, state, (await registry.FindAsync(name, default))!.Tokens!.Issue(claims));
    }
}

/// <summary>A cluster as its administrator knows it.</summary>
/// <param name="Path">Before its API's paths.</param>
/// <param name="State">What its table is called by.</param>
/// <param name="Token">Its administrator's.</param>
internal sealed record HandlerCluster(string Path, string State, string Token);
