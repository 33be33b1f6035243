using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using CloudPlane.Api;
using CloudPlane.Client;
using CloudPlane.Storage;
using Microsoft.Extensions.Logging.Abstractions;

namespace CloudPlane.Functions.Tests;

/// <summary>The cloud form over a store in memory and the double of the bus.</summary>
internal sealed class CloudFixture : IAsyncDisposable
{
    private static readonly ApiUser Admin = ApiUser.ControlPlane("admin");

    private readonly MemoryStore _store = new();
    private readonly FunctionApp _app;

    private CloudFixture(BusFixture bus)
    {
        Bus = bus;
        var settings = new HandlerSettings
        {
            Port = 1,
            TablesEndpoint = new Uri("http://127.0.0.1:1"),
            BusEndpoint = bus.Endpoint,
            Secret = Secret,
            PublicUrl = new Uri("http://127.0.0.1:1"),
            Heartbeat = TimeSpan.FromMinutes(5),
            NodeGrace = TimeSpan.FromMinutes(12),
            PodNetwork = System.Net.IPNetwork.Parse("10.244.0.0/16"),
        };
        bus.Bus.CreateQueue("work", new Doubles.QueueSettings { RequiresSession = true, RequiresDuplicateDetection = true });
        _app = new FunctionApp(settings, _store, new OnePlace(), bus.Client, TimeProvider.System, NullLoggerFactory.Instance);
    }

    public BusFixture Bus { get; }

    public MasterSecret Secret { get; } = MasterSecret.Parse(Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)));

    public ClusterRegistry Clusters => _app.Clusters;

    /// <summary>What the Functions host's requests lead to.</summary>
    public Task HandleAsync(Microsoft.AspNetCore.Http.HttpContext context) => _app.HandleAsync(context);

    /// <summary>Without credentials, as from the nodes' place in the network.</summary>
    public HttpClient Http { get; } = new() { Timeout = BusFixture.Patience * 2 };

    public static async Task<CloudFixture> StartAsync() => new(await BusFixture.StartAsync());

    public static ApiUser NodeUser(string node) => new($"system:node:{node}", ["system:nodes", "system:authenticated"]);

    public async Task AddClusterAsync(string name)
    {
        var id = Guid.NewGuid();
        Assert.True(await Clusters.AddAsync(new ClusterRecord(name, id.ToString("N"), DateTimeOffset.UtcNow, NodesSeen: null), id, default));
    }

    public async Task<ApiAnswer> CallAsync(string method, string path, string body = "", ApiUser? user = null, string cluster = "default")
    {
        var transport = new InProcessTransport(_app.Api, cluster, user ?? Admin);
        return await transport.SendAsync(new ApiCall(method, path, Encoding.UTF8.GetBytes(body), ContentType(method)), default);
    }

    public async Task<JsonObject> LinkAsync(string node = "n1", string cluster = "default", string query = "")
    {
        var answer = await CallAsync("POST", $"/cloudplane/v1/nodes/{node}/wakeup{query}", "", NodeUser(node), cluster);
        Assert.Equal(200, answer.StatusCode);
        return JsonNode.Parse(answer.Body.Span)!.AsObject();
    }

    /// <summary>A pod whose container runs on n1.</summary>
    public async Task RunningPodAsync()
    {
        var pod = await CallAsync("POST", "/api/v1/namespaces/default/pods",
            """{"metadata":{"name":"p"},"spec":{"nodeName":"n1","containers":[{"name":"main","image":"b"}]}}""");
        Assert.Equal(201, pod.StatusCode);
        var status = await CallAsync("PATCH", "/api/v1/namespaces/default/pods/p/status",
            """{"status":{"phase":"Running","containerStatuses":[{"name":"main","image":"b","imageID":"","ready":true,"restartCount":0,"state":{"running":{}}}]}}""");
        Assert.Equal(200, status.StatusCode);
    }

    /// <summary>GET of p's log, answered as it comes.</summary>
    public StreamedLog OpenLog(string query = "") => new(_app.Api, query, Admin);

    /// <summary>The next message of a node's queue, by its own token; null when there is none now.</summary>
    public async Task<JsonObject?> ReceiveAsync(JsonObject link, int seconds = 30)
    {
        using var response = await SendAsync(HttpMethod.Delete, $"{(string)link["queue"]!}/messages/head?timeout={seconds}", (string)link["token"]!, null);
        return response.StatusCode == HttpStatusCode.NoContent
            ? null
            : JsonNode.Parse(await response.EnsureSuccessStatusCode().Content.ReadAsStringAsync())!.AsObject();
    }

    /// <summary>Sends a chunk as an agent does; the status of the answer.</summary>
    public async Task<HttpStatusCode> ReplyAsync(JsonObject stream, string head, string data)
    {
        using var response = await SendAsync(
            HttpMethod.Post, $"{(string)stream["reply"]!}/messages", (string)stream["token"]!, new ByteArrayContent(Encoding.UTF8.GetBytes($"{head}\n{data}")));
        return response.StatusCode;
    }

    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string address, string token, HttpContent? content)
    {
        using var request = new HttpRequestMessage(method, address) { Content = content };
        request.Headers.TryAddWithoutValidation("Authorization", token);
        return await Http.SendAsync(request);
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.DisposeAsync();
        await Bus.DisposeAsync();
        await _store.DisposeAsync();
    }

    private static string? ContentType(string method) => method switch
    {
        "POST" or "PUT" => "application/json",
        "PATCH" => "application/strategic-merge-patch+json",
        _ => null,
    };
}

/// <summary>A call whose answer is read while it comes.</summary>
internal sealed class StreamedLog : ApiResponse, IAsyncDisposable
{
    private readonly Pipe _body = new();
    private readonly CancellationTokenSource _gone = new();
    private readonly Task _call;

    public StreamedLog(ApiServer api, string query, ApiUser user)
    {
        var request = new ApiRequest { Method = "GET", Path = "/api/v1/namespaces/default/pods/p/log", Query = query, User = user };
        _call = Task.Run(async () =>
        {
            await api.ServeAsync(request, this, _gone.Token);
            await _body.Writer.CompleteAsync();
        });
    }

    public override int StatusCode { get; set; } = 200;

    public override bool HasStarted => false;

    public override string? ContentType { get; set; }

    public override long? ContentLength { get; set; }

    public override PipeWriter Body => _body.Writer;

    public bool Aborted { get; private set; }

    public override void AddHeader(string name, string value)
    {
    }

    public override void Abort() => Aborted = true;

    /// <summary>The next line, or null at the end.</summary>
    public async Task<string?> LineAsync()
    {
        while (true)
        {
            var read = await _body.Reader.ReadAsync().AsTask().WaitAsync(BusFixture.Patience);
            if (read.Buffer.PositionOf((byte)'\n') is { } end)
            {
                var line = Encoding.UTF8.GetString(read.Buffer.Slice(0, end).ToArray());
                _body.Reader.AdvanceTo(read.Buffer.GetPosition(1, end));
                return line;
            }

            if (read.IsCompleted)
                return null;
            _body.Reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    /// <summary>All that has not been read yet.</summary>
    public async Task<string> RestAsync()
    {
        using var reader = new StreamReader(_body.Reader.AsStream());
        return await reader.ReadToEndAsync().WaitAsync(BusFixture.Patience);
    }

    /// <summary>The client goes away.</summary>
    public async Task LeaveAsync()
    {
        await _gone.CancelAsync();
        await _call.WaitAsync(BusFixture.Patience);
    }

    public async ValueTask DisposeAsync()
    {
        await LeaveAsync();
        _gone.Dispose();
    }
}
