using CloudPlane.Client;

namespace CloudPlane.Controllers;

/// <summary>
/// All controllers of one cluster, ready to run: on the bus of this process with <see cref="RunAsync"/>, or on another bus through
/// <see cref="Registrations"/> and <see cref="Router"/>.
/// </summary>
public sealed class ControllerSet
{
    private readonly IChangeFeed _feed;
    private readonly TimeProvider _time;
    private readonly Random _random;

    /// <param name="api">With the rights of the control plane itself.</param>
    /// <param name="replicas">Shared with whoever else reads in this process.</param>
    /// <param name="feed">The same store's changes that the replicas follow.</param>
    /// <param name="random">For back-off jitter; used under a lock.</param>
    /// <param name="others">Reconcilers of other projects that run along (the scheduler).</param>
    public ControllerSet(
        ApiClient api,
        Replicas replicas,
        IChangeFeed feed,
        TimeProvider time,
        Random random,
        ControllerOptions options,
        IEnumerable<ControllerRegistration> others)
    {
        _feed = feed;
        _time = time;
        _random = random;
        Registrations = [.. Build(api, replicas, time, options), .. others];
        Router = new ChangeRouter(options.Cluster, Registrations);
    }

    /// <summary>The reconcilers with their inputs.</summary>
    public IReadOnlyList<ControllerRegistration> Registrations { get; }

    /// <summary>Which changes wake whom.</summary>
    public ChangeRouter Router { get; }

    /// <summary>Runs all of them in this process until cancelled, starting with a look at everything there is.</summary>
    /// <param name="onFailure">Told of each failed reconcile (which is retried) and of each failure to read changes; for the log.</param>
    public async Task RunAsync(Action<ReconcileFailure> onFailure, CancellationToken cancellationToken)
    {
        using var bus = new InProcessBus(
            Registrations.Select(registration => new BusSubscription(registration.Reconciler, registration.Concurrency)), _time, _random, onFailure);
        var pump = new ChangePump(
            _feed, Router, bus, _time, error => onFailure(new ReconcileFailure("change-pump", default, error, TimeSpan.Zero)));
        await Task.WhenAll(bus.RunAsync(cancellationToken), pump.RunAsync(cancellationToken)).ConfigureAwait(false);
    }

    private static IEnumerable<ControllerRegistration> Build(ApiClient api, Replicas replicas, TimeProvider time, ControllerOptions options)
    {
        EventRecorder Events(string component) => new(api, component, null, time);
        var kinds = new ServedKinds(api, replicas);

        var deployments = new DeploymentController(api, replicas, Events("deployment-controller"), time);
        yield return new ControllerRegistration(deployments, deployments.Inputs);
        var sets = new ReplicaSetController(api, replicas, Events("replicaset-controller"), time);
        yield return new ControllerRegistration(sets, sets.Inputs);
        var namespaces = new NamespaceController(api, replicas, kinds, time);
        yield return new ControllerRegistration(namespaces, namespaces.Inputs);
        var garbage = new GarbageCollector(kinds);
        yield return new ControllerRegistration(garbage, garbage.Inputs) { Concurrency = 8 };
        var accounts = new ServiceAccountController(api, replicas);
        yield return new ControllerRegistration(accounts, accounts.Inputs) { Concurrency = 2 };
        if (options.ClusterCaPem is { } pem)
        {
            var publisher = new RootCaPublisher(api, replicas, pem);
            yield return new ControllerRegistration(publisher, publisher.Inputs) { Concurrency = 2 };
        }
        var slices = new EndpointSliceController(api, replicas);
        yield return new ControllerRegistration(slices, slices.Inputs);
        var nodes = new NodeLifecycleController(api, replicas, Events("node-controller"), time, options);
        yield return new ControllerRegistration(nodes, nodes.Inputs);
        var networks = new PodCidrController(api, replicas, Events("node-controller"), options.PodNetwork);
        yield return new ControllerRegistration(networks, networks.Inputs) { Concurrency = 1 };
        var evictions = new TaintEvictionController(api, replicas, Events("taint-eviction-controller"), time);
        yield return new ControllerRegistration(evictions, evictions.Inputs);
        var strays = new PodGarbageCollector(api, replicas, time, options);
        yield return new ControllerRegistration(strays, strays.Inputs);
        var expiry = new EventExpiry(api, replicas, time, options.EventLifetime);
        yield return new ControllerRegistration(expiry, expiry.Inputs) { Concurrency = 1 };
    }
}
