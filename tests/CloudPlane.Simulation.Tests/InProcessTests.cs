using System.Text;
using CloudPlane.Api;
using CloudPlane.Client;
using CloudPlane.Controllers;
using CloudPlane.Controllers.Tests;
using CloudPlane.Functions;
using CloudPlane.Schema;
using CloudPlane.Storage;
using Microsoft.Extensions.Logging.Abstractions;

namespace CloudPlane.Simulation.Tests;

/// <summary>The controllers as they run standalone: bus, pump and replicas on real threads and the real clock.</summary>
public sealed class InProcessTests : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly MemoryStore _store = new();
    private readonly ApiServer _api;
    private readonly InProcessTransport _transport;
    private readonly ApiClient _client;
    private readonly List<string> _failures = [];

    public InProcessTests()
    {
        _api = new ApiServer(new ApiServerOptions(), _store, Catalog.LoadBuiltIn(), new SingleCluster("default", null), TimeProvider.System, new Random(1), NullLogger.Instance);
        _transport = new InProcessTransport(_api, "default", ApiUser.ControlPlane("system:kube-controller-manager"));
        _client = new ApiClient(_transport);
    }

    [Fact]
    public async Task ChangesReachTheControllersAndSurviveRestartsAndCompaction()
    {
        await _api.BootstrapAsync("default", default);
        await WhileRunningAsync(async () =>
        {
            await UntilAsync<ServiceAccount>(accounts => accounts.Any(account => account.Metadata.Namespace == "default"));
            await CreateAsync(Manifests.Deployment("web", 3));
            await UntilAsync<Pod>(pods => pods.Count == 3);
        });

        // While nobody watches, one pod goes and the log that tells of it is compacted away.
        await _client.DeleteAsync<Pod>("default", (await PodsAsync())[0].Metadata.Name!, null, default);
        await CompactAsync();
        await WhileRunningAsync(async () =>
        {
            await UntilAsync<Pod>(pods => pods.Count == 3);
            await _client.DeleteAsync<Deployment>("default", "web", null, default);
            await UntilAsync<Pod>(pods => pods.Count == 0);
            await UntilAsync<ReplicaSet>(sets => sets.Count == 0);
        });
        Assert.Empty(_failures);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _api.DisposeAsync();
        await _store.DisposeAsync();
    }

    private async Task WhileRunningAsync(Func<Task> work)
    {
        var feed = new StoreChangeFeed(_store, "default");
        using var replicas = new Replicas(feed);
        var controllers = new ControllerSet(_client, replicas, feed, TimeProvider.System, new Random(1), new ControllerOptions(), []);
        using var stop = new CancellationTokenSource();
        var running = controllers.RunAsync(failure => { lock (_failures) { _failures.Add(failure.ToString()); } }, stop.Token);
        try
        {
            await work();
        }
        finally
        {
            await stop.CancelAsync();
            await running.WaitAsync(Patience);
        }
    }

    private async Task UntilAsync<T>(Func<IReadOnlyList<T>, bool> reached) where T : class, IKubernetesObject<T>
    {
        using var patience = new CancellationTokenSource(Patience);
        var partition = new Partition("default", T.Resource.StorageName);
        while (true)
        {
            var list = await _client.ListAsync<T>("", null, patience.Token);
            if (reached(list.Items))
            {
                return;
            }
            await _store.WaitForHeadAsync(partition, long.Parse(list.ResourceVersion, System.Globalization.CultureInfo.InvariantCulture), patience.Token);
        }
    }

    private async Task<IReadOnlyList<Pod>> PodsAsync() => (await _client.ListAsync<Pod>("default", null, default)).Items;

    private async Task CreateAsync(string deployment) =>
        await _client.PostAsync("/apis/apps/v1/namespaces/default/deployments", Encoding.UTF8.GetBytes(deployment), default);

    private async Task CompactAsync()
    {
        foreach (var partition in await _store.ListPartitionsAsync("default", default))
        {
            await _store.CompactAsync(partition, await _store.GetHeadAsync(partition, default), default);
        }
    }
}
