using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using CloudPlane.Client;
using CloudPlane.Doubles;

namespace CloudPlane.Agent.Tests;

/// <summary>A node's connection over the double of the bus and a fake API which also gives links.</summary>
internal sealed class WakeupFixture : IAsyncDisposable
{
    /// <summary>Ends a test that would wait for ever; never reached by one that works.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly ServiceBusDoubleServer _server;
    private readonly CancellationTokenSource _stop = new();
    private readonly List<string> _changes = [];
    private Task _running = Task.CompletedTask;

    private WakeupFixture(ServiceBusDoubleServer server)
    {
        _server = server;
        Transport = new LinkTransport(this);
    }

    public FakeApi Api { get; } = new();

    public ServiceBusDouble Bus => _server.Bus;

    public Uri Queue => new(_server.Endpoint, "node_default_n1");

    public LinkTransport Transport { get; }

    public DirectoryLogs Logs { get; } = new();

    public NodeConnection Connection { get; private set; } = null!;

    public static async Task<WakeupFixture> StartAsync() =>
        new(await ServiceBusDoubleServer.StartAsync(new ServiceBusDouble(TimeProvider.System, new Random(1))));

    /// <summary>The agent's part, as <see cref="NodeAgent"/> puts it together; everything but the pods' changes stays untold.</summary>
    public async Task ConnectAsync(LookPeriods? periods = null)
    {
        var api = new ApiClient(Transport);
        var log = new AgentLog(TextWriter.Null, TimeProvider.System, verbose: false);
        var random = new Random(2);
        var links = new LinkSource(api, "n1", () => { }, TimeProvider.System, random, log);
        var first = await links.FirstAsync(_stop.Token) ?? throw new InvalidOperationException("no link");
        Connection = new QueueConnection(api, "n1", links, first, periods ?? new LookPeriods(TimeSpan.FromHours(2), TimeSpan.FromHours(1), TimeSpan.FromMinutes(5)), TimeProvider.System, random, log);
        _running = Together.RunAsync(_stop.Token, ct => Connection.RunAsync(Logs, ct), TellAsync, async ct =>
        {
            await foreach (var _ in Connection.Nodes.RunAsync(ct))
            {
            }
        });
        await UntilAsync(() => Connection.Pods.IsSynced && Connection.Nodes.IsSynced && Connection.Services.IsSynced, "the first look");
    }

    public void AddPod(string name) => Api.Put("/api/v1/namespaces/default/pods",
        $$$"""{"metadata":{"name":"{{{name}}}","namespace":"default"},"spec":{"nodeName":"n1"}}""");

    /// <summary>Rings as the control plane does; several in one request.</summary>
    public void Ring(params string[] bells) => Bus.Queue("node_default_n1").Send([.. bells.Select(bell => new SentMessage(Encoding.UTF8.GetBytes(bell)))]);

    public bool Knows(string pod) => Connection.Pods.Objects.ContainsKey(new ObjectName("default", pod));

    /// <summary>How often a collection was listed.</summary>
    public int Lists(string plural) => Transport.Calls.Count(call => call.StartsWith($"GET /api/v1/{plural}", StringComparison.Ordinal));

    public static async Task UntilAsync(Func<bool> holds, string what)
    {
        for (var waited = TimeSpan.Zero; !holds(); waited += TimeSpan.FromMilliseconds(10))
        {
            if (waited > Patience) throw new TimeoutException(what);
            await Task.Delay(10);
        }
    }

    /// <summary>Makes a queue with a rule of its own; an Authorization header that opens it.</summary>
    public string OpenQueue(string name, AccessRights rights)
    {
        if (Bus.Find(name) is not { } queue)
            queue = Bus.CreateQueue(name, new QueueSettings { Rules = [new AccessRule("node", rights, Bus.NewKey())] });
        var audience = Uri.EscapeDataString(new Uri(_server.Endpoint, name).AbsoluteUri);
        var expires = (DateTimeOffset.UtcNow + TimeSpan.FromHours(1)).ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        var key = Encoding.UTF8.GetBytes(queue.Settings.Rules[0].PrimaryKey);
        var signature = Uri.EscapeDataString(Convert.ToBase64String(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes($"{audience}\n{expires}"))));
        return $"SharedAccessSignature sr={audience}&sig={signature}&se={expires}&skn=node";
    }

    /// <summary>Asks for a stream as the API does; the name of the queue that takes the answer.</summary>
    public string Ask(string path)
    {
        var name = $"reply_{Guid.NewGuid():N}";
        var token = OpenQueue(name, AccessRights.Send);
        Ring($$$"""{"stream":{"path":"{{{path}}}","reply":"{{{new Uri(_server.Endpoint, name)}}}","token":"{{{token}}}"}}""");
        return name;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
        await _server.DisposeAsync();
        Logs.Dispose();
    }

    /// <summary>What was told of the pods, each with the services known at that time.</summary>
    public IReadOnlyList<string> Changes
    {
        get { lock (_changes) return [.. _changes]; }
    }

    private async Task TellAsync(CancellationToken cancellationToken)
    {
        await foreach (var change in Connection.Pods.RunAsync(cancellationToken))
            lock (_changes)
                _changes.Add($"{change.Kind} {(change.After ?? change.Before)?.Metadata.Name} {string.Join(',', Connection.Services.Objects.Keys.Select(name => name.Name))}".TrimEnd());
    }

    /// <summary>The fake API, and the control plane's own path beside it.</summary>
    internal sealed class LinkTransport(WakeupFixture fixture) : IApiTransport
    {
        private readonly List<string> _calls = [];

        /// <summary>Of the answer to who asks for a link.</summary>
        public HttpStatusCode LinkStatus { get; set; } = HttpStatusCode.OK;

        /// <summary>For how long a link is said to be good.</summary>
        public TimeSpan LinkLifetime { get; set; } = TimeSpan.FromHours(1);

        /// <summary>There are no links: nodes watch.</summary>
        public bool Watches { get; set; }

        public IReadOnlyList<string> Calls
        {
            get { lock (_calls) return [.. _calls]; }
        }

        public ValueTask<ApiAnswer> SendAsync(ApiCall call, CancellationToken cancellationToken)
        {
            lock (_calls) _calls.Add($"{call.Method} {call.PathAndQuery}");
            return call.PathAndQuery is "/cloudplane/v1/nodes/n1/wakeup" or "/cloudplane/v1/nodes/n1/wakeup?renewal=true" ? new(Link()) : fixture.Api.SendAsync(call, cancellationToken);
        }

        public ValueTask<ApiStreamAnswer> OpenAsync(ApiCall call, CancellationToken cancellationToken) =>
            throw new InvalidOperationException($"{call.PathAndQuery} is watched");

        private ApiAnswer Link()
        {
            if (LinkStatus != HttpStatusCode.OK) return new((int)LinkStatus, "{}"u8.ToArray());
            if (Watches) return new(200, """{"watch":true}"""u8.ToArray());
            var token = fixture.OpenQueue("node_default_n1", AccessRights.Listen);
            return new(200, Encoding.UTF8.GetBytes(
                $$"""{"queue":"{{fixture.Queue}}","token":"{{token}}","expiresInSeconds":{{(int)LinkLifetime.TotalSeconds}},"heartbeatSeconds":300}"""));
        }
    }
}
