using System.Text;
using System.Text.Json;
using Azure.Core.Pipeline;
using CloudPlane.Api;
using CloudPlane.Client;
using CloudPlane.Doubles;
using CloudPlane.Functions;
using CloudPlane.Storage;
using CloudPlane.Tests;
using CloudPlane.Tests.Shared;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;

namespace CloudPlane.Benchmarks;

/// <summary>
/// The cloud form in this process under a clock that moves when told, with all that is billed counted: the function app's own composition root
/// over the real tables store on Azurite (whose requests are the transactions) and the bus double (whose meter counts operations). Each scale
/// group is an instance of its own that ends when idle, so that the next execution finds nothing in memory.
/// </summary>
internal sealed class MeteredDeployment : IAsyncDisposable
{
    private const string Cluster = ClusterRegistry.Default;
    private const int LargestBatch = 32;

    private static readonly TimeSpan LeastBilled = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan BillingStep = TimeSpan.FromMilliseconds(100);

    private readonly AzuriteProcess _azurite;
    private readonly ServiceBusDoubleServer _busServer;
    private readonly BusQueue _work;
    private readonly Prices _prices;
    private readonly HandlerSettings _settings;
    private readonly CountingTransport _tables = new(new HttpClientTransport(new HttpClient(new SocketsHttpHandler())));
    private readonly CountingTransport _busRequests = new(new HttpClientTransport(new HttpClient(new SocketsHttpHandler())));
    private readonly Dictionary<string, Instance> _instances = [];
    private DateTimeOffset _nextSeed;
    private long _busSeen;

    private MeteredDeployment(AzuriteProcess azurite, ServiceBusDoubleServer bus, Prices prices, ManualTime time)
    {
        (_azurite, _busServer, _prices, Time) = (azurite, bus, prices, time);
        _work = bus.Bus.CreateQueue(ServiceBusWorkQueue.Name, new QueueSettings
        {
            RequiresSession = true,
            RequiresDuplicateDetection = true,
            DuplicateDetectionHistoryTimeWindow = TimeSpan.FromHours(1),
        });
        _settings = HandlerSettings.Read(name => name switch
        {
            HandlerSettings.PortVariable => "1",
            "CLOUDPLANE_SIGNING_KEY" => Convert.ToBase64String(new byte[32]),
            "CLOUDPLANE_TABLES_ENDPOINT" => azurite.Endpoint.AbsoluteUri,
            "CLOUDPLANE_TABLES_KEY" => AzuriteProcess.Key,
            "CLOUDPLANE_BUS_ENDPOINT" => bus.Endpoint.AbsoluteUri,
            "CLOUDPLANE_BUS_KEY" => bus.Bus.RootKey,
            "CLOUDPLANE_PUBLIC_URL" => "https://cloudplane.example",
            _ => null,
        });
        _nextSeed = Grid.Ceiling(Time.Now.AddTicks(1), SeedFunction.Period);
    }

    public ManualTime Time { get; }

    public Usage Usage { get; } = new();

    /// <summary>How often nodes renew their Lease.</summary>
    public TimeSpan Heartbeat => _settings.Heartbeat;

    /// <summary>The nodes, which act at each instant; true when one did something.</summary>
    public Func<Task<bool>> Nodes { get; set; } = () => Task.FromResult(false);

    public ServiceBusDouble Bus => _busServer.Bus;

    public static async Task<MeteredDeployment> StartAsync(Prices prices)
    {
        var time = new ManualTime();
        var bus = new ServiceBusDouble(time, new Random(1));
        return new MeteredDeployment(await AzuriteProcess.StartAsync(), await ServiceBusDoubleServer.StartAsync(bus), prices, time);
    }

    /// <summary>HTTP requests that come at the same moment, to one instance.</summary>
    /// <param name="node">Whose; null for an administrator's.</param>
    public Task CallAsync(string cause, string? node, Func<ApiClient, Task> call) => CallAsync(cause, [(node, call)]);

    /// <inheritdoc cref="CallAsync(string, string?, Func{ApiClient, Task})"/>
    public Task CallAsync(string cause, IReadOnlyList<(string? Node, Func<ApiClient, Task> Act)> calls) =>
        ExecuteAsync("http", cause, [.. calls.Select(call => (Func<FunctionApp, Task>)(app => call.Act(ClientOf(app, call.Node))))]);

    /// <summary>Lets time pass, second by second.</summary>
    public async Task RunAsync(TimeSpan duration)
    {
        for (var end = Time.Now + duration; ; Time.Advance(TimeSpan.FromSeconds(1)))
        {
            if (Time.Now >= _nextSeed)
            {
                _nextSeed += SeedFunction.Period;
                await ExecuteAsync("Seed", "Seed", [app => InvokeAsync(app, "/Seed", """{"Data":{},"Metadata":{} }""")]);
            }

            await SettleAsync();
            if (Time.Now >= end)
                return;
        }
    }

    /// <summary>Until nothing is left to be done at this moment.</summary>
    public async Task SettleAsync()
    {
        bool acted;
        do
        {
            acted = await WorkAsync();
            acted |= await Nodes();
        }
        while (acted);
    }

    /// <summary>What the bus was billed for since this was asked last, for who caused it.</summary>
    public long TakeBusOperations()
    {
        var total = Bus.Meter.Total;
        var taken = total - _busSeen;
        _busSeen = total;
        return taken;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var instance in _instances.Values)
            await instance.DisposeAsync();
        await _busServer.DisposeAsync();
        _azurite.Dispose();
    }

    /// <summary>
    /// Works off one session after the other, batch by batch, as the Functions host does on one instance; false when there was nothing to do.
    /// </summary>
    private async Task<bool> WorkAsync()
    {
        if (_work.Counts.Active == 0)
            return false;
        // The last asks for a session in vain, as the host does while the instance is there.
        while (await _work.AcceptNextSessionAsync(TimeSpan.Zero, default) is { } session)
        {
            // So does the last here, for the session's idle timeout.
            while (await session.ReceiveAsync(LargestBatch, TimeSpan.Zero, default) is { Count: > 0 } messages)
            {
                var envelope = $$"""{"Data":{"messages":[{{string.Join(',', messages.Select(message => Encoding.UTF8.GetString(message.Body.Span)))}}]},"Metadata":{} }""";
                await ExecuteAsync("Work", CauseOf(envelope), [app => InvokeAsync(app, "/Work", envelope)]);
                session.CompleteAll();
            }

            session.Close();
        }

        Usage.Add("Work: sessions and messages received, messages completed", new Usage.Line(0, 0, 0, TakeBusOperations()));
        return true;
    }

    /// <summary>
    /// Runs executions of one group that begin together, and bills the span from the first's beginning to the last's end. Those that follow in
    /// the same second of the simulation follow on each other's heels, and the least that is billed is once for all of them.
    /// </summary>
    private async Task ExecuteAsync(string group, string cause, IReadOnlyList<Func<FunctionApp, Task>> executions)
    {
        var (instance, isCold) = await InstanceAsync(group);
        var (tables, requests) = (_tables.Count, _busRequests.Count);
        await Task.WhenAll(executions.Select(execution => execution(instance.App)));
        tables = _tables.Count - tables;
        requests = _busRequests.Count - requests;
        var span = _prices.OwnTime + (_prices.TableTime * Share(tables, executions.Count)) + (_prices.BusTime * Share(requests, executions.Count))
            + (isCold ? _prices.ColdStart : TimeSpan.Zero);
        var billed = instance.Bill(Time.Now, span);
        Usage.Add($"{group}: {cause}", new Usage.Line(executions.Count, billed.TotalSeconds * _prices.MemoryMB / 1024, tables, TakeBusOperations()));
    }

    private static ApiClient ClientOf(FunctionApp app, string? node)
    {
        var user = node is null ? ApiUser.ControlPlane("system:admin") : new ApiUser($"system:node:{node}", ["system:nodes", "system:authenticated"]);
        return new ApiClient(new InProcessTransport(app.Api, Cluster, user));
    }

    private static double Share(long requests, int executions) => Math.Ceiling((double)requests / executions);

    private async Task<(Instance Instance, bool IsCold)> InstanceAsync(string group)
    {
        if (_instances.TryGetValue(group, out var instance))
        {
            if (Time.Now - instance.LastUse <= _prices.Idle)
            {
                instance.LastUse = Time.Now;
                return (instance, false);
            }

            await instance.DisposeAsync();
        }

        instance = new Instance(_settings, _tables, _busRequests, Time);
        _instances[group] = instance;
        return (instance, true);
    }

    private static async Task InvokeAsync(FunctionApp app, string path, string envelope)
    {
        var context = new DefaultHttpContext();
        context.Request.Method = HttpMethods.Post;
        context.Request.Path = path;
        context.Request.Body = new MemoryStream(Encoding.UTF8.GetBytes(envelope));
        using var answer = new MemoryStream();
        context.Response.Body = answer;
        await app.HandleAsync(context);
        if (context.Response.StatusCode != StatusCodes.Status200OK)
            throw new InvalidOperationException($"{path} answered {context.Response.StatusCode}: {Encoding.UTF8.GetString(answer.ToArray())}");
    }

    private static string CauseOf(string envelope)
    {
        using var document = JsonDocument.Parse(envelope);
        var kinds = document.RootElement.GetProperty("Data").GetProperty("messages").EnumerateArray()
            .Select(message => message.GetProperty("kind").GetString() is "key" ? message.GetProperty("controller").GetString()! : message.GetProperty("kind").GetString()!)
            .ToHashSet();
        return string.Join(" + ", kinds.Order(StringComparer.Ordinal).Take(3)) + (kinds.Count > 3 ? " + ..." : "");
    }

    /// <summary>One process of the function app.</summary>
    private sealed class Instance : IAsyncDisposable
    {
        private readonly TablesStore _store;
        private readonly ServiceBusClient _bus;
        private DateTimeOffset _activeAt;
        private TimeSpan _active;

        public Instance(HandlerSettings settings, CountingTransport tables, CountingTransport bus, TimeProvider time)
        {
            // Tables and bus are really there, so what waits for them waits for the true clock.
            _store = new TablesStore(
                new TablesStoreOptions
                {
                    Endpoint = settings.TablesEndpoint,
                    Key = settings.TablesKey,
                    Transport = tables,
                    CreateOnFirstWrite = static cluster => cluster is ClusterRegistry.Default or ClusterRegistry.Deployment,
                },
                TimeProvider.System,
                new Random(1));
            _bus = new ServiceBusClient(new ServiceBusOptions { Endpoint = settings.BusEndpoint, Key = settings.BusKey, Transport = bus });
            App = new FunctionApp(settings, _store, _store, _bus, time, NullLoggerFactory.Instance);
            LastUse = time.GetUtcNow();
        }

        public FunctionApp App { get; }

        public DateTimeOffset LastUse { get; set; }

        /// <summary>What executions of this length add to the bill, which is for the time during which at least one runs.</summary>
        public TimeSpan Bill(DateTimeOffset at, TimeSpan span)
        {
            var before = at == _activeAt ? _active : TimeSpan.Zero;
            (_activeAt, _active) = (at, before + span);
            return Billed(_active) - Billed(before);
        }

        private static TimeSpan Billed(TimeSpan active)
        {
            var steps = BillingStep * Math.Ceiling(active / BillingStep);
            return active > TimeSpan.Zero && steps < LeastBilled ? LeastBilled : steps;
        }

        public async ValueTask DisposeAsync()
        {
            await App.DisposeAsync();
            _bus.Dispose();
            await _store.DisposeAsync();
        }
    }
}
