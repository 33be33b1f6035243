using System.IO.Pipelines;
using System.Text;
using System.Text.Json.Nodes;
using static CloudPlane.Api.Tests.Manifests;

namespace CloudPlane.Api.Tests;

public sealed class LogTests : IAsyncDisposable
{
    private const string Log = Namespaced + "/pods/p/log";
    private readonly TestApi _api = new(options: new ApiServerOptions { TunnelKeepAlive = TimeSpan.FromSeconds(5), StreamTimeout = TimeSpan.FromSeconds(5) });

    public ValueTask DisposeAsync() => _api.DisposeAsync();

    private Task RunningPodAsync() => RunningPodAsync(_api);

    private static async Task RunningPodAsync(TestApi api)
    {
        (await api.PostAsync($"{Namespaced}/pods", Pod("p", "n1"))).Is(201);
        (await api.PatchAsync($"{Namespaced}/pods/p/status",
            """{"status":{"phase":"Running","containerStatuses":[{"name":"main","image":"b","imageID":"","ready":true,"restartCount":0,"state":{"running":{}}}]}}""")).Is(200);
    }

    private StreamedCall Tunnel(string node = "n1") => _api.Open($"/cloudplane/v1/nodes/{node}/tunnel", NodeUser(node));

    private StreamedCall AnswerWith(string id, PipeReader body, string status = "200", string node = "n1") => AnswerWith(_api, id, body, status, node);

    private static StreamedCall AnswerWith(TestApi api, string id, PipeReader body, string status = "200", string node = "n1") => api.Open("", request: new ApiRequest
    {
        Method = "POST",
        Path = $"/cloudplane/v1/nodes/{node}/streams/{id}",
        User = NodeUser(node),
        ContentType = "text/plain",
        StreamStatus = status,
        Body = body,
    });

    private static PipeReader Text(string text) => PipeReader.Create(new MemoryStream(Encoding.UTF8.GetBytes(text)));

    private static async Task<JsonObject> RequestAsync(StreamedCall tunnel)
    {
        while (true)
        {
            if (await tunnel.LineAsync() is { Length: > 0 } line)
                return JsonNode.Parse(line)!.AsObject();
        }
    }

    [Fact]
    public async Task A_log_comes_through_the_node_s_tunnel()
    {
        await RunningPodAsync();
        await using var tunnel = Tunnel();
        Assert.Equal(200, await tunnel.Status);
        await using var log = _api.Open($"{Log}?follow=true&tailLines=5&timestamps=true");
        var request = await RequestAsync(tunnel);
        Assert.Equal("/containerLogs/default/p/main?follow=true&tailLines=5&timestamps=true", request["path"]!.GetValue<string>());
        var pipe = new Pipe();
        await using var answer = AnswerWith(request["id"]!.GetValue<string>(), pipe.Reader);
        await pipe.Writer.WriteAsync("one\n"u8.ToArray());
        Assert.Equal("one", await log.LineAsync());
        Assert.Equal("text/plain", log.ContentType);
        await pipe.Writer.WriteAsync("two\n"u8.ToArray());
        Assert.Equal("two", await log.LineAsync());
        await pipe.Writer.CompleteAsync();
        Assert.Null(await log.LineAsync());
        Assert.Equal(200, await answer.Status);
        await answer.Ended;
    }

    [Fact]
    public async Task When_the_reader_goes_the_node_s_call_ends()
    {
        await RunningPodAsync();
        await using var tunnel = Tunnel();
        await tunnel.Status;
        var log = _api.Open($"{Log}?follow=true");
        var request = await RequestAsync(tunnel);
        var pipe = new Pipe();
        await using var answer = AnswerWith(request["id"]!.GetValue<string>(), pipe.Reader);
        await pipe.Writer.WriteAsync("one\n"u8.ToArray());
        Assert.Equal("one", await log.LineAsync());
        await log.DisposeAsync();
        Assert.Equal(200, await answer.Status);
        await answer.Ended.WaitAsync(TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task A_log_that_lasts_too_long_ends_with_a_line_that_says_how_to_go_on()
    {
        var time = new ManualTime();
        await using var api = new TestApi(time, new ApiServerOptions { MaxStreamLifetime = TimeSpan.FromSeconds(100) });
        await RunningPodAsync(api);
        await using var tunnel = api.Open("/cloudplane/v1/nodes/n1/tunnel", NodeUser("n1"));
        await tunnel.Status;
        await using var log = api.Open($"{Log}?follow=true");
        var pipe = new Pipe();
        var id = (await RequestAsync(tunnel))["id"]!.GetValue<string>();
        await using var answer = AnswerWith(api, id, pipe.Reader);
        await pipe.Writer.WriteAsync("one\nhalf a li"u8.ToArray());
        Assert.Equal("one", await log.LineAsync());
        var since = (time.GetUtcNow() - TimeSpan.FromSeconds(2)).UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture);
        time.Advance(TimeSpan.FromSeconds(100));
        Assert.Equal("half a li", await log.LineAsync());
        Assert.Equal($"... the control plane ends streams after 100 s; resume with: kubectl logs -f --since-time={since}", await log.LineAsync());
        Assert.Null(await log.LineAsync());
        await answer.Ended;
    }

    [Theory]
    [InlineData("400", 400, "BadRequest")]
    [InlineData("404", 404, "NotFound")]
    [InlineData("500", 500, "InternalError")]
    public async Task A_node_s_refusal_is_a_Status(string status, int code, string reason)
    {
        await RunningPodAsync();
        await using var tunnel = Tunnel();
        await tunnel.Status;
        var log = _api.GetAsync(Log);
        var request = await RequestAsync(tunnel);
        await using var answer = AnswerWith(request["id"]!.GetValue<string>(), Text("no such log\n"), status);
        Assert.Equal("no such log", (await log).IsFailure(code, reason).Message);
    }

    [Fact]
    public async Task Without_a_tunnel_the_service_is_unavailable()
    {
        await RunningPodAsync();
        Assert.Contains("n1", (await _api.GetAsync(Log)).IsFailure(503, "ServiceUnavailable").Message);
    }

    [Fact]
    public async Task A_newer_tunnel_takes_over()
    {
        await RunningPodAsync();
        await using var old = Tunnel();
        await old.Status;
        await using var fresh = Tunnel();
        await fresh.Status;
        await old.Ended.WaitAsync(TimeSpan.FromSeconds(5));
        var log = _api.GetAsync(Log);
        await using var answer = AnswerWith((await RequestAsync(fresh))["id"]!.GetValue<string>(), Text("x"));
        Assert.Equal("x", (await log).Is(200).Text);
    }

    [Fact]
    public async Task Only_the_node_itself_holds_its_tunnel_and_answers()
    {
        (await _api.GetAsync("/cloudplane/v1/nodes/n1/tunnel", NodeUser("n2"))).IsFailure(403, "Forbidden");
        (await _api.GetAsync("/cloudplane/v1/nodes/n1/tunnel", TestApi.Admin)).IsFailure(403, "Forbidden");
        (await _api.PostAsync("/cloudplane/v1/nodes/n1/streams/x", "", NodeUser("n2"))).IsFailure(403, "Forbidden");
        (await _api.PostAsync("/cloudplane/v1/nodes/n1/streams/x", "", NodeUser("n1"))).IsFailure(400, "BadRequest");
        (await _api.PostAsync("/cloudplane/v1/nodes/n1/tunnel", "", NodeUser("n1"))).IsFailure(405, "MethodNotAllowed");
    }

    [Fact]
    public async Task Containers_must_be_named_and_have_started()
    {
        (await _api.PostAsync($"{Namespaced}/pods",
            """{"metadata":{"name":"two"},"spec":{"initContainers":[{"name":"i","image":"x"}],"containers":[{"name":"a","image":"x"},{"name":"b","image":"x"}]}}""")).Is(201);
        Assert.Equal("a container name must be specified for pod two, choose one of: [a b] or one of the init containers: [i]",
            (await _api.GetAsync($"{Namespaced}/pods/two/log")).IsFailure(400, "BadRequest").Message);
        Assert.Equal("container c is not valid for pod two",
            (await _api.GetAsync($"{Namespaced}/pods/two/log?container=c")).IsFailure(400, "BadRequest").Message);
        Assert.Equal("", (await _api.GetAsync($"{Namespaced}/pods/two/log?container=a")).Is(200).Text);
        (await _api.PostAsync($"{Namespaced}/pods", Pod("bound", "n1"))).Is(201);
        Assert.Equal("container \"main\" in pod \"bound\" is waiting to start: ContainerCreating",
            (await _api.GetAsync($"{Namespaced}/pods/bound/log")).IsFailure(400, "BadRequest").Message);
        await RunningPodAsync();
        Assert.Equal("previous terminated container \"main\" in pod \"p\" not found",
            (await _api.GetAsync($"{Log}?previous=true")).IsFailure(400, "BadRequest").Message);
        (await _api.GetAsync($"{Log}?tailLines=-1")).IsFailure(422, "Invalid");
        (await _api.GetAsync($"{Log}?sinceSeconds=0")).IsFailure(422, "Invalid");
        (await _api.GetAsync($"{Log}?sinceTime=yesterday")).IsFailure(400, "BadRequest");
        (await _api.GetAsync($"{Namespaced}/pods/none/log")).IsFailure(404, "NotFound");
    }
}
