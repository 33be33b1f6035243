using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace CloudPlane.Agent.Tests;

/// <summary>The tunnel against a server that does what the API server does, over HTTP/2.</summary>
public sealed class LogTunnelTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly string _directory = Directory.CreateTempSubdirectory("cri-tunnel-").FullName;
    private readonly TunnelServer _server = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Source _source;
    private Task _tunnel = Task.CompletedTask;

    public LogTunnelTests() => _source = new Source(_directory);

    public async Task InitializeAsync()
    {
        await _server.StartAsync(Path.Combine(_directory, "api.sock"));
        _tunnel = new LogTunnel(_server.Client, _ => new ValueTask<string?>("secret"), "n1", _source, TimeProvider.System, new Random(1)).RunAsync(_stop.Token);
    }

    public async Task DisposeAsync()
    {
        await _stop.CancelAsync();
        await _tunnel.WaitAsync(Patience);
        await _server.DisposeAsync();
        _stop.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task Many_requests_are_answered_at_once()
    {
        for (var i = 0; i < 20; i++)
            File.WriteAllText(Path.Combine(_directory, $"p{i}.log"), $"2016-10-06T00:00:00Z stdout F of p{i}\n");
        var answers = Enumerable.Range(0, 20).Select(i => _server.AskAsync($"/containerLogs/default/p{i}/main?tailLines=5")).ToArray();
        for (var i = 0; i < 20; i++)
        {
            var answer = await answers[i].WaitAsync(Patience);
            Assert.Equal(("200", "text/plain", "Bearer secret"), (answer.Status, answer.ContentType, answer.Authorization));
            Assert.Equal($"of p{i}\n", await answer.ReadToEndAsync());
            answer.End();
        }
    }

    [Theory]
    [InlineData("/containerLogs/default/none/main", "404", "pod \"none\" not found")]
    [InlineData("/containerLogs/default/p/main?tailLines=x", "400", "invalid value \"x\" of tailLines")]
    [InlineData("/exec/default/p/main", "404", "the node does not serve /exec/default/p/main")]
    [InlineData("/containerLogs/default/broken/main", "500", "out of order")]
    public async Task What_is_wrong_is_told(string path, string status, string message)
    {
        var answer = await _server.AskAsync(path).WaitAsync(Patience);
        Assert.Equal((status, message), (answer.Status, await answer.ReadToEndAsync()));
        answer.End();
    }

    [Fact]
    public async Task A_followed_log_comes_as_it_grows_and_stops_when_the_server_has_heard_enough()
    {
        var log = Path.Combine(_directory, "p.log");
        File.WriteAllText(log, "2016-10-06T00:00:00Z stdout F one\n");
        _source.StillRunning = true;
        var answer = await _server.AskAsync("/containerLogs/default/p/main?follow=true").WaitAsync(Patience);
        Assert.Equal("one\n", await answer.ReadAsync(4));
        File.AppendAllText(log, "2016-10-06T00:00:00Z stdout F two\n");
        Assert.Equal("two\n", await answer.ReadAsync(4));

        // kubectl went away: the server answers although the body goes on, and the agent stops reading.
        answer.End();
        await _source.NotAskedAnyMoreAsync().WaitAsync(Patience);
    }

    [Fact]
    public async Task A_lost_tunnel_is_opened_again()
    {
        File.WriteAllText(Path.Combine(_directory, "p.log"), "2016-10-06T00:00:00Z stdout F here\n");
        await _server.DropTunnelAsync().WaitAsync(Patience);
        var answer = await _server.AskAsync("/containerLogs/default/p/main").WaitAsync(Patience);
        Assert.Equal("here\n", await answer.ReadToEndAsync());
        answer.End();
    }

    private sealed class Source(string directory) : ILogSource
    {
        private int _asked;

        public volatile bool StillRunning;

        public ContainerLog Find(string @namespace, string pod, string container, bool previous) => pod switch
        {
            "none" => throw new LogUnavailableException(404, "pod \"none\" not found"),
            "broken" => throw new InvalidOperationException("out of order"),
            _ => new ContainerLog(Path.Combine(directory, pod + ".log"), () =>
            {
                Interlocked.Increment(ref _asked);
                return StillRunning;
            }),
        };

        public IEnumerable<RunningLog> Running() => [];

        public async Task NotAskedAnyMoreAsync()
        {
            // The reader asks at least five times a second while it follows.
            for (var before = -1; before != Volatile.Read(ref _asked); await Task.Delay(500))
                before = Volatile.Read(ref _asked);
        }
    }
}

/// <summary>The API server's side of the tunnel.</summary>
internal sealed class TunnelServer : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, TaskCompletionSource<TunnelAnswer>> _asked = new();
    private readonly SemaphoreSlim _writing = new(1);
    private volatile TaskCompletionSource<HttpContext> _tunnel = new();
    private volatile TaskCompletionSource _drop = new();
    private WebApplication? _app;
    private int _nextId;

    public HttpClient Client { get; private set; } = null!;

    public async Task StartAsync(string socket)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.ListenUnixSocket(socket, listen => listen.Protocols = HttpProtocols.Http2);
        });
        _app = builder.Build();
        _app.Run(HandleAsync);
        await _app.StartAsync();
        Client = new HttpClient(new Http2Only(new SocketsHttpHandler
        {
            ConnectCallback = async (_, token) =>
            {
                var connection = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await connection.ConnectAsync(new UnixDomainSocketEndPoint(socket), token);
                return new NetworkStream(connection, ownsSocket: true);
            },
        }))
        { BaseAddress = new Uri("http://api/"), Timeout = Timeout.InfiniteTimeSpan };
    }

    public async Task<TunnelAnswer> AskAsync(string path)
    {
        var id = $"r{Interlocked.Increment(ref _nextId)}";
        var answer = _asked.GetOrAdd(id, _ => new TaskCompletionSource<TunnelAnswer>(TaskCreationOptions.RunContinuationsAsynchronously));
        var tunnel = await _tunnel.Task;
        await _writing.WaitAsync();
        await tunnel.Response.WriteAsync($"\n{{\"id\":\"{id}\",\"path\":\"{path}\"}}\n");
        await tunnel.Response.Body.FlushAsync();
        _writing.Release();
        return await answer.Task;
    }

    public async Task DropTunnelAsync()
    {
        await _tunnel.Task;
        var drop = _drop;
        _tunnel = new TaskCompletionSource<HttpContext>(TaskCreationOptions.RunContinuationsAsynchronously);
        _drop = new TaskCompletionSource();
        drop.SetResult();
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        _drop.TrySetResult();
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await _app!.StopAsync(now.Token);
        await _app.DisposeAsync();
        _writing.Dispose();
    }

    /// <summary>Without TLS nothing negotiates HTTP/2, so it has to be asked for.</summary>
    private sealed class Http2Only(HttpMessageHandler inner) : DelegatingHandler(inner)
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            request.VersionPolicy = HttpVersionPolicy.RequestVersionExact;
            return base.SendAsync(request, cancellationToken);
        }
    }

    private async Task HandleAsync(HttpContext context)
    {
        var path = context.Request.Path.Value!;
        if (path == "/cloudplane/v1/nodes/n1/tunnel")
        {
            context.Response.ContentType = "application/x-ndjson";
            await context.Response.StartAsync();
            var drop = _drop;
            _tunnel.TrySetResult(context);
            await drop.Task;
            return;
        }
        var answer = new TunnelAnswer(context);
        _asked[path.Split('/')[^1]].SetResult(answer);
        await answer.Ended;
    }
}

/// <summary>One answer of the node, as it comes.</summary>
internal sealed class TunnelAnswer(HttpContext context)
{
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task Ended => _ended.Task;
    public string? Status => context.Request.Headers["CloudPlane-Status"];
    public string? ContentType => context.Request.ContentType?.Split(';')[0];
    public string? Authorization => context.Request.Headers.Authorization;

    public async Task<string> ReadAsync(int bytes)
    {
        var buffer = new byte[bytes];
        await context.Request.Body.ReadExactlyAsync(buffer).AsTask().WaitAsync(TimeSpan.FromSeconds(20));
        return Encoding.UTF8.GetString(buffer);
    }

    public async Task<string> ReadToEndAsync()
    {
        using var reader = new StreamReader(context.Request.Body);
        return await reader.ReadToEndAsync().WaitAsync(TimeSpan.FromSeconds(20));
    }

    /// <summary>Answers 200 and ends the request, whether its body has ended or not.</summary>
    public void End() => _ended.TrySetResult();
}
