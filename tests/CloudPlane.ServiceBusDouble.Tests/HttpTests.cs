using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace CloudPlane.Doubles.Tests;

/// <summary>What the double refuses over HTTP, asked without our own client.</summary>
public sealed class HttpTests : IAsyncLifetime
{
    private readonly BusFixture _fixture = new();
    private ServiceBusDoubleServer? _server;
    private HttpClient? _http;

    public async Task InitializeAsync()
    {
        _server = await ServiceBusDoubleServer.StartAsync(_fixture.Bus);
        _http = new HttpClient { BaseAddress = _server.Endpoint };
    }

    public async Task DisposeAsync()
    {
        _http?.Dispose();
        if (_server is not null)
            await _server.DisposeAsync();
    }

    [Theory]
    [InlineData("application/vnd.microsoft.servicebus.json", """[{"Body":"a"},{"Body":"YQ==","IsBodyBase64":true,"BrokerProperties":{"Label":"l"},"UserProperties":{"p":"High","n":1}}]""", 201)]
    [InlineData("application/vnd.microsoft.servicebus.json", """[{"Body":"a","BrokerProperties":{"Unknown":{}}}]""", 201)]
    [InlineData("application/vnd.microsoft.servicebus.json", """[{"Body":"a","BrokerProperties":{"TimeToLiveTimeSpan":"0.00:00:40"}}]""", 201)]
    [InlineData("application/vnd.microsoft.servicebus.json; charset=utf-8", """[{"Body":"a"}]""", 400)]
    [InlineData("application/vnd.microsoft.servicebus.json", "", 400)]
    [InlineData("application/vnd.microsoft.servicebus.json", "[]", 400)]
    [InlineData("application/vnd.microsoft.servicebus.json", """{"Body":"a"}""", 400)]
    [InlineData("application/vnd.microsoft.servicebus.json", """["a"]""", 400)]
    [InlineData("application/vnd.microsoft.servicebus.json", """[{"Body":1}]""", 400)]
    [InlineData("application/vnd.microsoft.servicebus.json", """[{"body":"a"}]""", 400)]
    [InlineData("application/vnd.microsoft.servicebus.json", """[{"Body":"a","Body":"b"}]""", 400)]
    [InlineData("application/vnd.microsoft.servicebus.json", """[{"Body":"?","IsBodyBase64":true}]""", 400)]
    [InlineData("application/vnd.microsoft.servicebus.json", """[{"Body":"a","BrokerProperties":"{}"}]""", 400)]
    [InlineData("application/vnd.microsoft.servicebus.json", """[{"Body":"a","BrokerProperties":{"MessageId":1}}]""", 400)]
    [InlineData("application/vnd.microsoft.servicebus.json", """[{"Body":"a","BrokerProperties":{"ScheduledEnqueueTimeUtc":"tomorrow"}}]""", 400)]
    [InlineData("application/vnd.microsoft.servicebus.json", """[{"Body":"a","BrokerProperties":{"TimeToLive":"40"}}]""", 400)]
    [InlineData("application/vnd.microsoft.servicebus.json", """[{"Body":"a","UserProperties":{"p":[]}}]""", 400)]
    public async Task Batches(string type, string body, int status)
    {
        var queue = _fixture.Plain();
        Assert.Equal(status, await PostAsync(type, body));
        Assert.Equal(status == 201, queue.Counts.Active > 0);
    }

    [Theory]
    [InlineData(null, 201)]
    [InlineData("{}", 201)]
    [InlineData("""{"MessageId":"m","TimeToLive":10.5,"ScheduledEnqueueTimeUtc":"Thu, 01 Jan 2026 00:00:00 GMT"}""", 201)]
    [InlineData("""{"ScheduledEnqueueTimeUtc":"2026-01-01T00:00:00Z"}""", 201)]
    [InlineData("{", 400)]
    [InlineData("[]", 400)]
    [InlineData("""{"SessionId":"a","PartitionKey":"b"}""", 400)]
    [InlineData("""{"TimeToLive":0}""", 400)]
    public async Task Single_messages(string? properties, int status)
    {
        var queue = _fixture.Plain();
        Assert.Equal(status, await PostAsync("text/plain", "a", properties));
        Assert.Equal(status == 201 ? 1 : 0, queue.Counts.Active);
    }

    [Fact]
    public async Task What_a_receiver_gets()
    {
        _fixture.Plain();
        using (var send = Request(HttpMethod.Post, "plain/messages", new ByteArrayContent("größe"u8.ToArray())))
        {
            send.Content!.Headers.ContentType = new MediaTypeHeaderValue("text/plain");
            send.Headers.Add("BrokerProperties", """{"MessageId":"m","Label":"\u00fc"}""");
            send.Headers.Add("Priority", "\"High\"");
            using var sent = await _http!.SendAsync(send);
            Assert.Equal(HttpStatusCode.Created, sent.StatusCode);
        }
        using var request = Request(HttpMethod.Post, "plain/messages/head?timeout=0");
        using var response = await _http!.SendAsync(request);
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        Assert.Equal("größe", await response.Content.ReadAsStringAsync());
        Assert.Equal("text/plain", response.Content.Headers.ContentType?.ToString());
        Assert.Equal("\"High\"", response.Headers.GetValues("Priority").Single());
        var properties = JsonNode.Parse(response.Headers.GetValues("BrokerProperties").Single())!;
        Assert.Equal(("m", "ü", 1, 1L), ((string?)properties["MessageId"], (string?)properties["Label"], (int?)properties["DeliveryCount"], (long?)properties["SequenceNumber"]));
        Assert.Equal($"{_server!.Endpoint}plain/messages/1/{(string?)properties["LockToken"]}", response.Headers.Location?.ToString());
        Assert.Equal("Thu, 01 Jan 2026 00:01:00 GMT", (string?)properties["LockedUntilUtc"]);
        using var complete = Request(HttpMethod.Delete, response.Headers.Location!.AbsolutePath);
        using var completed = await _http.SendAsync(complete);
        Assert.Equal(HttpStatusCode.OK, completed.StatusCode);
        Assert.Equal(0, _fixture.Bus.Queue("plain").Counts.Active);
    }

    [Theory]
    [InlineData("DELETE", "plain/messages/head?timeout=0", 204)]
    [InlineData("POST", "plain/messages/head?timeout=0", 204)]
    [InlineData("DELETE", "plain/messages/head?timeout=61", 400)]
    [InlineData("DELETE", "plain/messages/head?timeout=soon", 400)]
    [InlineData("DELETE", "missing/messages/head?timeout=0", 404)]
    [InlineData("DELETE", "plain/messages/1/11111111-1111-1111-1111-111111111111", 404)]
    [InlineData("DELETE", "plain/messages/1/nothing", 404)]
    [InlineData("GET", "plain/messages/head", 405)]
    [InlineData("GET", "plain/messages/a/b/c", 404)]
    [InlineData("GET", "plain?api-version=2021-05", 200)]
    [InlineData("GET", "missing?api-version=2021-05", 200)]
    [InlineData("GET", "plain", 400)]
    [InlineData("DELETE", "missing?api-version=2021-05", 404)]
    [InlineData("DELETE", "plain?api-version=2021-05", 200)]
    [InlineData("PATCH", "plain?api-version=2021-05", 405)]
    public async Task Routes(string method, string path, int status)
    {
        _fixture.Plain();
        using var request = Request(new HttpMethod(method), path);
        using var response = await _http!.SendAsync(request);
        Assert.Equal(status, (int)response.StatusCode);
        if (status >= 400)
            Assert.Contains($"<Error><Code>{status}</Code><Detail>", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, "MissingToken")]
    [InlineData("Bearer token", "MalformedToken")]
    [InlineData("SharedAccessSignature sr=a", "MalformedToken")]
    [InlineData("SharedAccessSignature sr=http%3A%2F%2Fx%2F&sig=!&se=1&skn=r", "MalformedToken")]
    [InlineData("SharedAccessSignature sr=http%3A%2F%2Fx%2F&sig=YQ%3D%3D&se=1&skn=r", "InvalidAudience")]
    public async Task Tokens_that_are_none(string? token, string reason)
    {
        _fixture.Plain();
        Assert.Equal((401, reason), await RefusedAsync(token));
    }

    [Fact]
    public async Task Tokens_that_do_not_open_this()
    {
        var rule = new AccessRule("listen", AccessRights.Listen, _fixture.Bus.NewKey(), _fixture.Bus.NewKey());
        _fixture.Plain(new QueueSettings { Rules = [rule] });
        _fixture.Bus.CreateQueue("plain2", new QueueSettings { Rules = [rule] });
        var endpoint = _server!.Endpoint.ToString();
        var root = _fixture.Bus.RootRule;
        Assert.Equal((401, "InvalidSignature"), await RefusedAsync(Token(endpoint, root.Name, rule.PrimaryKey)));
        Assert.Equal((401, "InvalidSignature"), await RefusedAsync(Token(endpoint, "other", root.PrimaryKey)));
        Assert.Equal((401, "InvalidSignature"), await RefusedAsync(Token(endpoint, rule.Name, rule.PrimaryKey)));
        Assert.Equal((401, "InvalidAudience"), await RefusedAsync(Token(endpoint + "plain2", rule.Name, rule.PrimaryKey)));
        Assert.Equal((401, "InvalidAudience"), await RefusedAsync(Token(endpoint + "pla", rule.Name, rule.PrimaryKey)));
        Assert.Equal((401, "InvalidAudience"), await RefusedAsync(Token("http://127.0.0.2/", root.Name, root.PrimaryKey)));
        Assert.Equal((204, ""), await RefusedAsync(Token(endpoint + "plain", rule.Name, rule.PrimaryKey)));
        Assert.Equal((204, ""), await RefusedAsync(Token(endpoint + "plain", rule.Name, rule.SecondaryKey!)));
        Assert.Equal((204, ""), await RefusedAsync(Token(endpoint + "plain", root.Name, root.PrimaryKey)));
        var token = Token(endpoint, root.Name, root.PrimaryKey);
        _fixture.Time.Advance(TimeSpan.FromHours(1));
        Assert.Equal((401, "ExpiredToken"), await RefusedAsync(token));
    }

    [Theory]
    [InlineData("<LockDuration>PT30S</LockDuration><MaxDeliveryCount>3</MaxDeliveryCount>", 201)]
    [InlineData("<MaxDeliveryCount>3</MaxDeliveryCount><LockDuration>PT30S</LockDuration>", 400)]
    [InlineData("<LockDuration>PT30S</LockDuration><LockDuration>PT30S</LockDuration>", 400)]
    [InlineData("<Unheard>1</Unheard>", 400)]
    [InlineData("<LockDuration>PT6M</LockDuration>", 400)]
    [InlineData("<LockDuration>soon</LockDuration>", 400)]
    [InlineData("<DuplicateDetectionHistoryTimeWindow>PT19S</DuplicateDetectionHistoryTimeWindow>", 400)]
    [InlineData("<ForwardTo>other</ForwardTo>", 400)]
    [InlineData("<AuthorizationRules><AuthorizationRule/></AuthorizationRules>", 400)]
    [InlineData("<LockDuration>", 400)]
    public async Task Descriptions(string elements, int status)
    {
        using var request = Request(HttpMethod.Put, "made?api-version=2021-05", new StringContent(
            $"""<entry xmlns="http://www.w3.org/2005/Atom"><content type="application/xml"><QueueDescription xmlns="http://schemas.microsoft.com/netservices/2010/10/servicebus/connect">{elements}</QueueDescription></content></entry>""",
            Encoding.UTF8, "application/atom+xml"));
        using var response = await _http!.SendAsync(request);
        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal(status == 201, _fixture.Bus.QueueNames.Contains("made"));
    }

    [Fact]
    public async Task A_long_poll_follows_the_double_s_clock_and_takes_nothing_when_its_client_leaves()
    {
        var queue = _fixture.Plain();
        using (var leaving = new CancellationTokenSource())
        {
            using var request = Request(HttpMethod.Delete, "plain/messages/head?timeout=60");
            var poll = _http!.SendAsync(request, leaving.Token);
            await _fixture.UntilWaitingAsync();
            await leaving.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => poll.WaitAsync(BusFixture.Patience));
        }
        using var patience = new CancellationTokenSource(BusFixture.Patience);
        // The connection's end reaches the server in its own time; only then is nobody left to take the message.
        while (_fixture.Time.Waiting > 0)
            await Task.Delay(5, patience.Token);
        queue.Send(BusFixture.Message("kept"));
        Assert.Equal("kept", await BusFixture.TakeAsync(queue));
        using var second = Request(HttpMethod.Delete, "plain/messages/head?timeout=60");
        var waiting = _http!.SendAsync(second);
        await _fixture.UntilWaitingAsync();
        _fixture.Time.Advance(TimeSpan.FromSeconds(60));
        using var response = await waiting.WaitAsync(BusFixture.Patience);
        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
    }

    [Fact]
    public async Task Faults_reach_the_client()
    {
        _fixture.Plain();
        _fixture.Bus.Faults.ThrottleEvery = 1;
        Assert.Equal(503, await PostAsync("text/plain", "a"));
        _fixture.Bus.Faults.Clear();
        _fixture.Bus.Faults.LoseAnswerRate = 1;
        await Assert.ThrowsAsync<HttpRequestException>(() => PostAsync("text/plain", "b"));
        _fixture.Bus.Faults.Clear();
        _fixture.Bus.Faults.Away = true;
        await Assert.ThrowsAsync<HttpRequestException>(() => PostAsync("text/plain", "c"));
        _fixture.Bus.Faults.Away = false;
        Assert.Equal(["b"], _fixture.Bus.Queue("plain").Peek().Select(BusFixture.Text));
    }

    private async Task<int> PostAsync(string type, string body, string? properties = null)
    {
        using var request = Request(HttpMethod.Post, "plain/messages", new ByteArrayContent(Encoding.UTF8.GetBytes(body)));
        request.Content!.Headers.TryAddWithoutValidation("Content-Type", type);
        if (properties is not null)
            request.Headers.TryAddWithoutValidation("BrokerProperties", properties);
        using var response = await _http!.SendAsync(request);
        return (int)response.StatusCode;
    }

    private async Task<(int Status, string Reason)> RefusedAsync(string? token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Delete, "plain/messages/head?timeout=0");
        if (token is not null)
            request.Headers.TryAddWithoutValidation("Authorization", token);
        using var response = await _http!.SendAsync(request);
        var body = await response.Content.ReadAsStringAsync();
        var detail = body.IndexOf("<Detail>", StringComparison.Ordinal);
        return ((int)response.StatusCode, detail < 0 ? "" : body[(detail + 8)..body.IndexOf(':', detail)]);
    }

    private HttpRequestMessage Request(HttpMethod method, string path, HttpContent? content = null)
    {
        var request = new HttpRequestMessage(method, path) { Content = content };
        request.Headers.TryAddWithoutValidation("Authorization", Token(_server!.Endpoint.ToString(), _fixture.Bus.RootRule.Name, _fixture.Bus.RootRule.PrimaryKey));
        return request;
    }

    private string Token(string resource, string rule, string key)
    {
        var audience = Uri.EscapeDataString(resource);
        var expiry = _fixture.Time.Now.AddMinutes(30).ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        var signature = Convert.ToBase64String(HMACSHA256.HashData(Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes($"{audience}\n{expiry}")));
        return $"SharedAccessSignature sr={audience}&sig={Uri.EscapeDataString(signature)}&se={expiry}&skn={rule}";
    }
}
