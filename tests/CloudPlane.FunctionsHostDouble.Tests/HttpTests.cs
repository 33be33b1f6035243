using System.Net;
using System.Net.Sockets;
using System.Text;

namespace CloudPlane.Doubles.Tests;

/// <summary>One running app for all tests of plain requests.</summary>
public sealed class HttpTests : IClassFixture<HttpTests.Fixture>
{
    private readonly RunningApp _app;

    public HttpTests(Fixture fixture) => _app = fixture.App;

    [Theory]
    [InlineData("GET", "/api", 200)]
    [InlineData("GET", "/api/", 200)]
    [InlineData("POST", "/api/v1/pods", 200)]
    [InlineData("GET", "/API/v1", 200)]
    [InlineData("GET", "/version", 200)]
    [InlineData("POST", "/version", 404)]
    [InlineData("DELETE", "/api/v1", 404)]
    [InlineData("GET", "/version/more", 404)]
    [InlineData("GET", "/apis", 404)]
    [InlineData("GET", "/", 404)]
    [InlineData("GET", "/admin/host/status", 404)]
    [InlineData("POST", "/Work", 404)]
    [InlineData("POST", "/Seed", 404)]
    [InlineData("POST", "/api/../Work", 404)]
    public async Task Routes_match_as_the_host_matches_them(string method, string path, int status) =>
        Assert.Equal(status, await RawStatusAsync($"{method} {path} HTTP/1.1\r\nHost: app\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"));

    [Theory]
    [InlineData("/api/a%2Fb", "/api/a%252Fb")]
    [InlineData("/api/a%20b", "/api/a%20b")]
    [InlineData("/api/system:node@x", "/api/system:node@x")]
    [InlineData("/api/system%3Anode", "/api/system:node")]
    [InlineData("/api/%C3%A9", "/api/%C3%A9")]
    [InlineData("/api/x?labelSelector=a%3Db%2Cc&empty=", "/api/x?labelSelector=a%3Db%2Cc&empty=")]
    public async Task Paths_are_decoded_and_encoded_anew_and_queries_are_not(string sent, string seen)
    {
        var answer = await RawAsync($"GET {sent} HTTP/1.1\r\nHost: app\r\nConnection: close\r\n\r\n");
        Assert.Contains($"\"target\":\"{seen.Replace("&", "\\u0026")}\"", answer);
    }

    [Fact]
    public async Task Headers_pass_but_for_those_that_the_proxy_sets()
    {
        var seen = await _app.EchoAsync("/api/headers", request =>
        {
            request.Headers.Host = "plane.example";
            request.Headers.Authorization = new("Bearer", "token");
            request.Headers.Add("X-Forwarded-For", "203.0.113.9");
            request.Headers.Add("X-Forwarded-Proto", "https");
            request.Headers.Add("X-Forwarded-Prefix", "/p");
            request.Headers.Add("X-Own", "kept");
            request.Headers.TryAddWithoutValidation("TE", "trailers");
            request.Headers.TryAddWithoutValidation("Keep-Alive", "timeout=1");
        });
        var headers = seen["headers"]!;
        Assert.Equal("Bearer token", (string?)headers["authorization"]);
        Assert.Equal("kept", (string?)headers["x-own"]);
        Assert.StartsWith("127.0.0.1:", (string?)headers["host"]);
        Assert.Equal("127.0.0.1", (string?)headers["x-forwarded-for"]);
        Assert.Equal("http", (string?)headers["x-forwarded-proto"]);
        Assert.Equal("plane.example", (string?)headers["x-forwarded-host"]);
        Assert.True(Guid.TryParse((string?)headers["x-azure-functions-invocationid"], out _));
        Assert.NotNull(headers["x-azure-functions-hostversion"]);
        Assert.Null(headers["x-forwarded-prefix"]);
        Assert.Null(headers["te"]);
        Assert.Null(headers["keep-alive"]);
    }

    [Fact]
    public async Task Answers_keep_their_headers_but_for_hop_by_hop_ones()
    {
        using var response = await _app.Client.GetAsync("/api/x");
        Assert.Equal("yes", response.Headers.GetValues("X-From-Handler").Single());
        Assert.False(response.Headers.Contains("Keep-Alive"));
        Assert.Equal("text/plain", response.Content.Headers.ContentType!.MediaType);
    }

    [Fact]
    public async Task An_answer_streams_as_it_is_written()
    {
        using var response = await _app.Client.GetAsync("/api/stream?id=stream", HttpCompletionOption.ResponseHeadersRead);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        Assert.Equal("one", await reader.ReadLineAsync());
        await _app.OpenAsync("stream");
        Assert.Equal("two", await reader.ReadLineAsync());
        Assert.Null(await reader.ReadLineAsync());
    }

    [Fact]
    public async Task Headers_wait_for_the_first_byte_of_the_body()
    {
        var answer = _app.Client.GetAsync("/api/headers-first?id=late", HttpCompletionOption.ResponseHeadersRead);
        await _app.WaitForAsync("late-sent");
        Assert.False(answer.IsCompleted);
        await _app.OpenAsync("late");
        using var response = await answer;
        Assert.Equal("body", await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task A_body_streams_to_the_handler_as_it_is_sent()
    {
        var rest = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var content = new PushContent(async stream =>
        {
            await stream.WriteAsync("first"u8.ToArray());
            await stream.FlushAsync();
            await rest.Task;
            await stream.WriteAsync("rest"u8.ToArray());
        });
        var answer = _app.Client.PostAsync("/api/upload?id=upload", content);
        await _app.WaitForAsync("upload-first");
        rest.SetResult();
        using var response = await answer;
        Assert.Equal("9", await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task An_answer_that_breaks_off_is_not_taken_for_a_whole_one()
    {
        using var response = await _app.Client.GetAsync("/api/break-off?id=break", HttpCompletionOption.ResponseHeadersRead);
        await _app.OpenAsync("break");
        await Assert.ThrowsAnyAsync<Exception>(() => response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task A_preflight_is_not_forwarded()
    {
        using var request = new HttpRequestMessage(HttpMethod.Options, new Uri(_app.Host.Address, "/api/v1"));
        request.Headers.Add("Origin", "https://example");
        request.Headers.Add("Access-Control-Request-Method", "GET");
        using var response = await _app.Client.SendAsync(request);
        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        Assert.False(response.Headers.Contains("X-From-Handler"));
    }

    [Fact]
    public async Task Long_addresses_and_large_bodies_are_refused()
    {
        Assert.Equal(414, await RawStatusAsync($"GET /api/{new string('a', 8200)} HTTP/1.1\r\nHost: app\r\nConnection: close\r\n\r\n"));
        Assert.Equal(414, await RawStatusAsync($"GET /api/x?{new string('a', 4200)} HTTP/1.1\r\nHost: app\r\nConnection: close\r\n\r\n"));
        Assert.Equal(413, await RawStatusAsync("POST /api/x HTTP/1.1\r\nHost: app\r\nContent-Length: 104857601\r\nConnection: close\r\n\r\n"));
    }

    [Fact]
    public async Task The_environment_is_the_documented_one_and_the_settings()
    {
        var text = await _app.Client.GetStringAsync("/api/environment");
        var seen = System.Text.Json.Nodes.JsonNode.Parse(text)!.AsObject();
        string[] own = ["FUNCTIONS_CUSTOMHANDLER_PORT", "FUNCTIONS_CUSTOMHANDLER_WORKER_ID", "FUNCTIONS_APP_ROOT_PATH", "FUNCTIONS_HTTPWORKER_PORT", "FUNCTIONS_HTTPWORKER_WORKER_ID"];
        Assert.All(own, name => Assert.NotNull(seen[name]));
        Assert.Equal(_app.App.Folder, (string?)seen["FUNCTIONS_APP_ROOT_PATH"]);
        // PWD, OLDPWD, SHLVL and _ are the shell's that opened the log.
        string[] allowed = [.. own, .. _app.App.Settings.Keys, "PATH", "HOME", "PWD", "OLDPWD", "SHLVL", "_"];
        Assert.Empty(seen.Select(v => v.Key).Except(allowed));
    }

    private async Task<int> RawStatusAsync(string request) => int.Parse((await RawAsync(request)).Split(' ')[1]);

    /// <summary>The whole answer to a request whose bytes no client library has touched.</summary>
    private async Task<string> RawAsync(string request)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, _app.Host.Address.Port);
        await using var stream = socket.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(request));
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return await reader.ReadToEndAsync();
    }

    public sealed class Fixture : IAsyncLifetime
    {
        private RunningApp? _app;

        internal RunningApp App => _app!;

        public async Task InitializeAsync() => _app = await RunningApp.StartAsync();

        public async Task DisposeAsync() => await App.DisposeAsync();
    }
}
