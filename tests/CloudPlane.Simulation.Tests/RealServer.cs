using CloudPlane.Api;
using CloudPlane.Client;
using CloudPlane.Controllers.Tests;
using CloudPlane.Functions;
using CloudPlane.Schema;
using CloudPlane.Storage;
using Microsoft.Extensions.Logging.Abstractions;

namespace CloudPlane.Simulation.Tests;

/// <summary>The real request pipeline over the real store in memory, waited for on the spot.</summary>
internal sealed class RealServer : ISimulatedServer
{
    private const string Cluster = "default";
    private static readonly Lazy<Catalog> SharedCatalog = new(Catalog.LoadBuiltIn);

    private readonly InProcessTransport _transport;

    public RealServer(TimeProvider time, Random random)
    {
        var store = new MemoryStore();
        var api = new ApiServer(new ApiServerOptions(), store, SharedCatalog.Value, new SingleCluster("default", null), time, random, NullLogger.Instance);
        api.BootstrapAsync(Cluster, default).AsTask().GetAwaiter().GetResult();
        _transport = new InProcessTransport(api, Cluster, ApiUser.ControlPlane("system:kube-controller-manager"));
        Feed = new Waiting(new StoreChangeFeed(store, Cluster));
    }

    /// <inheritdoc/>
    public IChangeFeed Feed { get; }

    /// <inheritdoc/>
    public ApiAnswer Send(ApiCall call) => _transport.SendAsync(call, default).AsTask().GetAwaiter().GetResult();

    private sealed class Waiting(IChangeFeed feed) : IChangeFeed
    {
        public ValueTask<FeedSnapshot> ListAsync(string resource, CancellationToken cancellationToken) =>
            ValueTask.FromResult(feed.ListAsync(resource, cancellationToken).AsTask().GetAwaiter().GetResult());

        public ValueTask<long> GetHeadAsync(string resource, CancellationToken cancellationToken) =>
            ValueTask.FromResult(feed.GetHeadAsync(resource, cancellationToken).AsTask().GetAwaiter().GetResult());

        public ValueTask<IReadOnlyList<FeedChange>?> ReadAsync(string resource, long after, CancellationToken cancellationToken) =>
            ValueTask.FromResult(feed.ReadAsync(resource, after, cancellationToken).AsTask().GetAwaiter().GetResult());

        public ValueTask WaitAsync(string resource, long after, CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
