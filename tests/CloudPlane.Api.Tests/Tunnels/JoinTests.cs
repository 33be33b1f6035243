using static CloudPlane.Api.Tests.Manifests;

namespace CloudPlane.Api.Tests;

public sealed class JoinTests : IAsyncDisposable
{
    private readonly ManualTime _time = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly TestApi _api;

    public JoinTests() => _api = new TestApi(_time);

    public ValueTask DisposeAsync() => _api.DisposeAsync();

    private string Token(TokenUse use, string subject) => _api.Tokens.Issue(new TokenClaims(use, subject, "default", _time.GetUtcNow().AddHours(1)));

    private Task<Answer> JoinAsync(string? token, string body = """{"nodeName":"n1"}""") =>
        _api.SendAsync("POST", "/cloudplane/v1/join", body, authorization: token is null ? "" : $"Bearer {token}");

    [Fact]
    public async Task A_join_token_buys_a_node_token_and_that_one_renews_itself()
    {
        var joined = (await JoinAsync(Token(TokenUse.Join, "x"))).Is(200).Json;
        Assert.Equal("2026-01-02T00:00:00Z", joined["expirationTimestamp"]!.GetValue<string>());
        var token = joined["token"]!.GetValue<string>();
        (await _api.SendAsync("POST", "/api/v1/nodes", Node("n1"), authorization: $"Bearer {token}")).Is(201);
        (await _api.SendAsync("GET", "/api/v1/secrets", authorization: $"Bearer {token}")).IsFailure(403, "Forbidden");
        _time.Advance(TimeSpan.FromHours(23));
        var renewed = (await JoinAsync(token)).Is(200).Json["token"]!.GetValue<string>();
        _time.Advance(TimeSpan.FromHours(2));
        (await _api.SendAsync("GET", "/api/v1/nodes", authorization: $"Bearer {token}")).IsFailure(401, "Unauthorized");
        (await _api.SendAsync("GET", "/api/v1/nodes", authorization: $"Bearer {renewed}")).Is(200);
    }

    [Fact]
    public async Task Nobody_joins_without_the_right_token()
    {
        (await JoinAsync(null)).IsFailure(401, "Unauthorized");
        (await JoinAsync("rubbish")).IsFailure(401, "Unauthorized");
        (await JoinAsync(Token(TokenUse.Node, "n2"))).IsFailure(403, "Forbidden");
        (await JoinAsync(Token(TokenUse.Admin, "root"))).IsFailure(403, "Forbidden");
        var old = Token(TokenUse.Join, "x");
        _time.Advance(TimeSpan.FromHours(1));
        (await JoinAsync(old)).IsFailure(401, "Unauthorized");
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("{\"nodeName\":5}")]
    [InlineData("{\"nodeName\":\"N1\"}")]
    [InlineData("{\"nodeName\":\"a/b\"}")]
    [InlineData("{\"nodeName\":\"-a\"}")]
    public async Task A_node_needs_a_name_that_can_be_one(string body) => (await JoinAsync(Token(TokenUse.Join, "x"), body)).IsFailure(400, "BadRequest");

    [Fact]
    public async Task A_control_plane_without_queues_tells_nodes_to_watch()
    {
        var node = new ApiUser("system:node:n1", ["system:nodes", "system:authenticated"]);
        Assert.Equal("""{"watch":true}""", (await _api.SendAsync("POST", "/cloudplane/v1/nodes/n1/wakeup", user: node)).Is(200).Text);
    }

    [Fact]
    public async Task A_join_token_is_good_for_nothing_else()
    {
        (await _api.SendAsync("GET", "/api/v1/nodes", authorization: $"Bearer {Token(TokenUse.Join, "x")}")).IsFailure(403, "Forbidden");
        (await _api.SendAsync("GET", "/api/v1/nodes", authorization: $"Bearer {Token(TokenUse.Admin, "root")}")).Is(200);
        (await _api.SendAsync("GET", "/api/v1/nodes", authorization: "Basic cm9vdDpyb290")).IsFailure(401, "Unauthorized");
        (await _api.Server.Anonymous("/api/v1/nodes")).IsFailure(401, "Unauthorized");
        (await _api.Server.Anonymous("/version")).Is(200);
        Assert.Equal("ok", (await _api.Server.Anonymous("/readyz")).Is(200).Text);
    }
}

file static class AnonymousCalls
{
    public static async Task<Answer> Anonymous(this ApiServer server, string path)
    {
        var response = new BufferedResponse();
        await server.ServeAsync(new ApiRequest { Method = "GET", Path = path }, response, default);
        return new Answer(response.StatusCode, response.ContentType, response.Written.ToArray(), response.Headers);
    }
}
