using System.Text;
using CloudPlane.Api;
using CloudPlane.Client;
using CloudPlane.Functions;
using CloudPlane.Schema;
using CloudPlane.Storage;
using CloudPlane.Tests;
using Microsoft.Extensions.Logging.Abstractions;

namespace CloudPlane.Simulation.Tests;

/// <summary>
/// The cloud form in one process under a clock that moves when told: the real API, outbox, work function and seed over a store in memory and
/// a simulated queue. Instances die with all that they remember; nodes start and stop pods at once.
/// </summary>
internal sealed class SimulatedDeployment : IAsyncDisposable
{
    private const string Cluster = ClusterRegistry.Default;
    private static readonly Lazy<Catalog> SharedCatalog = new(Catalog.LoadBuiltIn);

    private readonly MemoryStore _store = new();
    private readonly LockedRandom _random;
    private readonly Random _shared = new LockedRandom(1);
    private readonly HandlerSettings _settings;
    private readonly Dictionary<string, bool> _nodes = [];
    private readonly CancellationTokenSource _over = new();
    private readonly Task _clock;
    private Instance _api;
    private Instance _work;
    private Instance _other;
    private DateTimeOffset _nextSeed;
    private DateTimeOffset _nextRenewal;

    public SimulatedDeployment(int seed, QueueFaults faults)
    {
        _random = new LockedRandom(seed);
        Queue = new SimulatedWorkQueue(Time, new Random(seed + 1), faults);
        _settings = HandlerSettings.Read(name => name switch
        {
            "FUNCTIONS_CUSTOMHANDLER_PORT" => "1",
            "CLOUDPLANE_SIGNING_KEY" => Convert.ToBase64String(new byte[32]),
            "CLOUDPLANE_TABLES_ENDPOINT" or "CLOUDPLANE_BUS_ENDPOINT" or "CLOUDPLANE_PUBLIC_URL" => "https://unused.example",
            _ => null,
        });
        _api = NewInstance();
        _work = NewInstance();
        _other = NewInstance();
        _nextSeed = Grid.Ceiling(Time.Now.AddTicks(1), SeedFunction.Period);
        _clock = Task.Run(MoveOnAsync);
    }

    public ManualTime Time { get; } = new();

    public SimulatedWorkQueue Queue { get; }

    /// <summary>The chance that an instance dies in the middle of a batch, which then comes again to another.</summary>
    public double Crash { get; init; }

    /// <summary>The chance that two instances work on the cluster at once.</summary>
    public double Overlap { get; init; }

    public ApiClient Client => _api.Works.ClientOf(Cluster, "system:admin");

    /// <summary>Told after each batch: where invariants are checked.</summary>
    public Func<Task> Check { get; set; } = () => Task.CompletedTask;

    public async Task CreateAsync(string manifest, string path)
    {
        var answer = await _api.Transport.SendAsync(new ApiCall("POST", path, Encoding.UTF8.GetBytes(manifest)), default);
        Assert.True(answer.StatusCode == 201, Encoding.UTF8.GetString(answer.Body.Span));
    }

    public async Task JoinAsync(string node)
    {
        await CreateAsync(
            $$"""{"apiVersion":"v1","kind":"Node","metadata":{"name":"{{node}}"},"status":{"allocatable":{"cpu":"8","memory":"16Gi","pods":"110"},"conditions":[{"type":"Ready","status":"True"}]} }""",
            "/api/v1/nodes");
        await CreateAsync(
            $$"""{"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"name":"{{node}}","namespace":"kube-node-lease"},"spec":{"holderIdentity":"{{node}}"} }""",
            "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases");
        await _api.Clusters.MarkNodesAsync(Cluster, default);
        _nodes[node] = true;
    }

    public void Kill(string node) => _nodes[node] = false;

    /// <summary>The API's instance goes away: its next request finds a new one.</summary>
    public async Task RestartApiAsync()
    {
        await _api.DisposeAsync();
        _api = NewInstance();
    }

    /// <summary>Lets time pass.</summary>
    public async Task RunAsync(TimeSpan duration)
    {
        var end = Time.Now + duration;
        await SettleAsync();
        while (Time.Now < end)
        {
            DateTimeOffset[] next = [end, _nextSeed, _nextRenewal, Queue.NextDue ?? end];
            var step = next.Min() - Time.Now;
            Time.Advance(step > TimeSpan.Zero ? step : TimeSpan.FromMilliseconds(1));
            await SettleAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _api.DisposeAsync();
        await _work.DisposeAsync();
        await _other.DisposeAsync();
        await _over.CancelAsync();
        await _clock;
        await _store.DisposeAsync();
        _over.Dispose();
    }

    /// <summary>
    /// Moves a clock that has stood still for a second of real time. A write waits some time for its announcement, which rests while the queue
    /// is away; the simulation waits for the write, and so would they all for each other.
    /// </summary>
    private async Task MoveOnAsync()
    {
        using var second = new PeriodicTimer(TimeSpan.FromSeconds(1));
        try
        {
            for (var last = Time.Now; await second.WaitForNextTickAsync(_over.Token); last = Time.Now)
            {
                if (Time.Now == last)
                    Time.Advance(TimeSpan.FromSeconds(1));
            }
        }
        catch (OperationCanceledException)
        {
            // The simulation is over.
        }
    }

    private async Task SettleAsync()
    {
        if (Time.Now >= _nextSeed)
        {
            _nextSeed += SeedFunction.Period;
            try
            {
                await _work.Seed.RunAsync(default);
            }
            catch (WorkQueueException)
            {
                // As in the cloud: the next run does it.
            }
        }

        do
        {
            await DeliverAsync();
        }
        while (await ActAsync());
    }

    private async Task DeliverAsync()
    {
        while (Queue.Take() is { } batch)
        {
            // Another instance takes what waits in another session: of another turn, or of this one when a lock ran out.
            var other = _random.NextDouble() < Overlap ? Queue.Take() : null;
            await Task.WhenAll(DeliverAsync(batch, first: true), other is null ? Task.CompletedTask : DeliverAsync(other, first: false));
            await Check();
        }
    }

    private async Task DeliverAsync(Batch batch, bool first)
    {
        var instance = first ? _work : _other;
        // An instance that is killed stops wherever it is: some of its writes are made, its messages come again.
        using var death = new CancellationTokenSource();
        var dies = _random.NextDouble() < Crash;
        if (dies)
            instance.Store.DieAfter(_random.Next(6), death);
        try
        {
            await instance.Work.RunAsync(Cluster, batch.Messages, batch.Deliveries, death.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or WorkQueueException or StoreUnavailableException)
        {
            Queue.Return(batch);
        }

        if (!dies)
            return;
        await instance.DisposeAsync();
        if (first)
            _work = NewInstance();
        else
            _other = NewInstance();
    }

    /// <summary>What nodes do: renew, start, stop. True when something changed.</summary>
    private async Task<bool> ActAsync()
    {
        var acted = false;
        if (Time.Now >= _nextRenewal)
        {
            _nextRenewal = Grid.Ceiling(Time.Now + TimeSpan.FromTicks(1), _settings.Heartbeat);
            foreach (var node in _nodes.Where(node => node.Value).Select(node => node.Key))
            {
                var lease = (await Client.GetAsync<Lease>("kube-node-lease", node, default))!;
                await Client.UpdateAsync(lease with { Spec = lease.Spec! with { RenewTime = Time.Now } }, default);
            }
        }

        foreach (var pod in (await Client.ListAsync<Pod>(null, null, default)).Items.Where(pod => _nodes.GetValueOrDefault(pod.Spec?.NodeName ?? "")))
        {
            if (pod.Metadata.DeletionTimestamp is not null)
                await Client.DeleteAsync<Pod>(pod.Metadata.Namespace!, pod.Metadata.Name!, new DeleteOptions { GracePeriodSeconds = 0 }, default);
            else if (pod.Status?.Phase != "Running")
                await Client.UpdateStatusAsync(Running(pod), default);
            else
                continue;
            acted = true;
        }

        return acted;
    }

    private Pod Running(Pod pod) => pod with
    {
        Status = (pod.Status ?? new PodStatus()) with
        {
            Phase = "Running",
            PodIP = "10.244.0.9",
            Conditions = [.. (pod.Status?.Conditions ?? []).Where(c => c.Type != "Ready"), new PodCondition { Type = "Ready", Status = "True", LastTransitionTime = Time.Now }],
        },
    };

    private Instance NewInstance() => new(_store, _settings, Queue, Time, _shared);

    /// <summary>One process of the function app.</summary>
    private sealed class Instance : IAsyncDisposable
    {
        private readonly Outbox _outbox;
        private readonly ApiServer _api;

        public Instance(IStateStore state, HandlerSettings settings, IWorkQueue queue, TimeProvider time, Random random)
        {
            _outbox = new Outbox(queue, time, NullLogger.Instance);
            Store = new MortalStore(state);
            Clusters = new ClusterRegistry(state, settings.Secret, time);
            _api = new ApiServer(
                new ApiServerOptions(), new OutboxStore(Store, _outbox, settings.Heartbeat), SharedCatalog.Value, Clusters, time, random, NullLogger.Instance);
            Works = new ClusterWorkFactory(settings, Store, _api, queue, new NoBells(), time, random);
            Work = new WorkFunction(new ClusterWorks(Works.Make), queue, time, random, NullLogger.Instance);
            Seed = new SeedFunction(Clusters, queue, _ => Task.CompletedTask, time);
            Transport = new InProcessTransport(_api, Cluster, ApiUser.ControlPlane("system:admin"));
        }

        public MortalStore Store { get; }

        public ClusterRegistry Clusters { get; }

        public ClusterWorkFactory Works { get; }

        public WorkFunction Work { get; }

        public SeedFunction Seed { get; }

        public InProcessTransport Transport { get; }

        public async ValueTask DisposeAsync()
        {
            await _api.DisposeAsync();
            await _outbox.DisposeAsync();
        }
    }

    /// <summary>Lets its process die after some more writes: nothing that it does afterwards has an effect.</summary>
    private sealed class MortalStore(IStateStore inner) : StoreDecorator(inner)
    {
        private int _left = int.MaxValue;
        private CancellationTokenSource? _death;

        public void DieAfter(int writes, CancellationTokenSource death) => (_left, _death) = (writes, death);

        public override async ValueTask<WriteResult> WriteAsync(Partition partition, Write write, CancellationToken cancellationToken)
        {
            if (Interlocked.Decrement(ref _left) < 0)
            {
                await _death!.CancelAsync();
                throw new StoreUnavailableException("this process is dead");
            }

            return await base.WriteAsync(partition, write, cancellationToken);
        }
    }

    /// <summary>The simulated nodes look by themselves.</summary>
    private sealed class NoBells : INodeBells
    {
        public Task RingAsync(string cluster, IReadOnlyCollection<string> nodes, string resource, CancellationToken cancellationToken) => Task.CompletedTask;
    }

    private sealed class LockedRandom(int seed) : Random(seed)
    {
        private readonly Lock _gate = new();

        public override int Next(int minValue, int maxValue)
        {
            lock (_gate)
                return base.Next(minValue, maxValue);
        }

        public override int Next(int maxValue)
        {
            lock (_gate)
                return base.Next(maxValue);
        }

        public override double NextDouble()
        {
            lock (_gate)
                return base.NextDouble();
        }

        public override void NextBytes(Span<byte> buffer)
        {
            lock (_gate)
                base.NextBytes(buffer);
        }
    }
}
