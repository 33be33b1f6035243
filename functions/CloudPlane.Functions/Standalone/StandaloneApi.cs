using System.Security.Cryptography;
using CloudPlane.Api;
using CloudPlane.Schema;
using CloudPlane.Storage;
using Microsoft.Extensions.Logging;

namespace CloudPlane.Functions;

/// <summary>What answers requests: the store and the API over it.</summary>
internal sealed class StandaloneApi(IStateStore store, ApiServer server) : IAsyncDisposable
{
    public IStateStore Store { get; } = store;

    public ApiServer Server { get; } = server;

    /// <summary>Opens the store and sends a first read through the API.</summary>
    /// <exception cref="StoreUnavailableException">The data directory can't be used, or somebody else uses it.</exception>
    public static async Task<StandaloneApi> OpenAsync(StandaloneOptions options, ECDsa signingKey, ILogger logger)
    {
        var store = options.Store.Open(options.DataDirectory);
        var reachable = options.Listen.Select(ListenAddresses.Outward).FirstOrDefault(address => address is not null);
        var api = new ApiServerOptions { AdvertiseAddress = reachable?.Address.ToString(), AdvertisePort = reachable?.Port ?? options.Listen[0].Port };
        var server = new ApiServer(
            api, store, Catalog.LoadBuiltIn(), new SingleCluster(ServeCommand.Cluster, new TokenSigner(signingKey, TimeProvider.System)), TimeProvider.System, Random.Shared, logger);
        await WarmUpAsync(server);
        return new StandaloneApi(store, server);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        await Store.DisposeAsync();
    }

    /// <summary>
    /// Has a read's code compiled while the web server starts, instead of while the first client waits. The object is one that every
    /// cluster has which ran before, and whose read makes nothing; the answer doesn't matter.
    /// </summary>
    private static async Task WarmUpAsync(ApiServer server)
    {
        var request = new ApiRequest
        {
            Method = "GET",
            Path = "/api/v1/namespaces/default/serviceaccounts/default",
            Cluster = ServeCommand.Cluster,
            User = ApiUser.ControlPlane("system:apiserver"),
        };
        await server.ServeAsync(request, new BufferedResponse(), CancellationToken.None);
    }
}
