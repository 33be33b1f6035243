using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;

namespace CloudPlane.Functions.Tests;

/// <summary>The handler over HTTP, as the Functions host speaks to it: triggers, and the deployment's own API.</summary>
public sealed class HandlerTests : IAsyncLifetime
{
    private CloudFixture _cloud = null!;
    private WebApplication _web = null!;
    private HttpClient _client = null!;

    public async Task InitializeAsync()
    {
        _cloud = await CloudFixture.StartAsync();
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        _web = builder.Build();
        ((IApplicationBuilder)_web).Run(_cloud.HandleAsync);
        await _web.StartAsync();
        var address = _web.Services.GetRequiredService<Microsoft.AspNetCore.Hosting.Server.IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        _client = new HttpClient { BaseAddress = new Uri(address) };
    }

    public async Task DisposeAsync()
    {
        _client.Dispose();
        await _web.DisposeAsync();
        await _cloud.DisposeAsync();
    }

    [Theory]
    [InlineData("/Work", "")]
    [InlineData("/Work", "not json")]
    [InlineData("/Work", "null")]
    [InlineData("/Work", "[1,2")]
    [InlineData("/Work", """{"Data":{"messages":"[]"}}""")]
    [InlineData("/Work", """{"Data":{"messages":"[\"{}\"]"},"Metadata":{}}""")]
    [InlineData("/Work", """{"Data":{"messages":"[\"\\\"\"]"},"Metadata":{}}""")]
    [InlineData("/Work", """{"Data":{"messages":7},"Metadata":{}}""")]
    [InlineData("/Seed", "")]
    [InlineData("/Seed", "{}")]
    [InlineData("/Seed", """{"Data":"x","Metadata":{}}""")]
    public async Task A_malformed_trigger_fails_with_an_object_and_the_process_goes_on(string path, string body)
    {
        using var answer = await _client.PostAsync(path, new StringContent(body, Encoding.UTF8, "application/json"));
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.NotEmpty(JsonNode.Parse(await answer.Content.ReadAsStringAsync())!.AsObject()["Logs"]!.AsArray());
        Assert.Equal(HttpStatusCode.OK, (await RunAsync(new SweepWork("default"))).StatusCode);
    }

    [Fact]
    public async Task A_batch_and_a_timer_are_done_and_answered_with_an_object()
    {
        using var work = await RunAsync(new LogWork("default", "pods"), new SweepWork("default"), new KeyWork("default", "deployment-controller", "default", "none"));
        Assert.Equal(HttpStatusCode.OK, work.StatusCode);
        Assert.Equal("application/json", work.Content.Headers.ContentType!.MediaType);
        Assert.Contains("Outputs", JsonNode.Parse(await work.Content.ReadAsStringAsync())!.AsObject());
        using var seed = await _client.PostAsync("/Seed", new StringContent("""{"Data":{"timer":{}},"Metadata":{}}"""));
        Assert.Equal(HttpStatusCode.OK, seed.StatusCode);
        using var got = await _client.GetAsync("/Work");
        Assert.Equal(HttpStatusCode.MethodNotAllowed, got.StatusCode);
    }

    [Fact]
    public async Task Messages_of_a_controller_that_is_not_here_are_dropped()
    {
        Assert.Equal(HttpStatusCode.OK, (await RunAsync(new KeyWork("default", "future-controller", "", "x"))).StatusCode);
    }

    [Fact]
    public async Task A_message_that_was_given_up_is_told_in_an_Event_and_put_back()
    {
        await _cloud.Bus.Client.SendAsync("work", [new BusMessage(WorkCodec.Encode(new KeyWork("default", "deployment-controller", "default", "web"))) { SessionId = "s" }], default);
        // As the host does when its handler dies each time.
        for (var delivery = 0; delivery < 10; delivery++)
        {
            var session = await _cloud.Bus.Bus.Queue("work")!.AcceptNextSessionAsync(TimeSpan.FromSeconds(30), default);
            await session!.ReceiveAsync(10, TimeSpan.FromSeconds(30), default);
            session.AbandonAll();
            session.Close();
        }

        using var seed = await _client.PostAsync("/Seed", new StringContent("""{"Data":{"timer":{}},"Metadata":{}}"""));
        Assert.Equal(HttpStatusCode.OK, seed.StatusCode);
        var events = JsonNode.Parse((await _cloud.CallAsync("GET", "/api/v1/events")).Body.Span)!["items"]!.AsArray();
        Assert.Contains(events, e => (string?)e!["reason"] == "DeadLettered" && ((string)e["message"]!).Contains("default/web", StringComparison.Ordinal));
        var again = await _cloud.Bus.Bus.Queue("work")!.AcceptNextSessionAsync(TimeSpan.FromSeconds(30), default);
        Assert.NotNull(again);
    }

    [Fact]
    public async Task An_administrator_of_the_deployment_makes_lists_and_deletes_clusters()
    {
        Authorize(new DeploymentTokens(_cloud.Secret, TimeProvider.System).Issue(TimeSpan.FromHours(1)));
        using (var created = await PostAsync("/cloudplane/v1/clusters", """{"name":"team-a"}"""))
            Assert.Equal(HttpStatusCode.Created, created.StatusCode);
        using (var again = await PostAsync("/cloudplane/v1/clusters", """{"name":"team-a"}"""))
            Assert.Equal(HttpStatusCode.Conflict, again.StatusCode);
        Assert.Equal(["default", "team-a"], await NamesAsync());
        using (var config = await PostAsync("/cloudplane/v1/clusters/team-a/kubeconfig", ""))
            Assert.Contains("/clusters/team-a\n", await config.Content.ReadAsStringAsync(), StringComparison.Ordinal);

        var token = await TokenAsync("team-a");
        Authorize(token);
        Assert.Equal(HttpStatusCode.OK, (await _client.GetAsync("/clusters/team-a/api/v1/namespaces")).StatusCode);
        // Neither another cluster nor the deployment takes it.
        Assert.Equal(HttpStatusCode.Unauthorized, (await _client.GetAsync("/api/v1/namespaces")).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await _client.GetAsync("/cloudplane/v1/clusters")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await _client.GetAsync("/clusters/team-b/api/v1/namespaces")).StatusCode);

        Authorize(new DeploymentTokens(_cloud.Secret, TimeProvider.System).Issue(TimeSpan.FromHours(1)));
        Assert.Equal(HttpStatusCode.OK, (await _client.DeleteAsync("/cloudplane/v1/clusters/team-a")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await _client.DeleteAsync("/cloudplane/v1/clusters/team-a")).StatusCode);
        Assert.Equal(["default"], await NamesAsync());
        using (var anew = await PostAsync("/cloudplane/v1/clusters", """{"name":"team-a"}"""))
            Assert.Equal(HttpStatusCode.Created, anew.StatusCode);
        Authorize(token);
        Assert.Equal(HttpStatusCode.Unauthorized, (await _client.GetAsync("/clusters/team-a/api/v1/namespaces")).StatusCode);
    }

    [Theory]
    [InlineData("""{"name":"default"}""", 422)]
    [InlineData("""{"name":"cloudplane-deployment"}""", 422)]
    [InlineData("""{"name":"c0123456789abcdef"}""", 422)]
    [InlineData("""{"name":"UPPER"}""", 422)]
    [InlineData("""{"name":"a-name-that-is-much-longer-than-forty-characters"}""", 422)]
    [InlineData("""{"name":7}""", 400)]
    [InlineData("nothing", 400)]
    public async Task A_cluster_that_can_not_be_is_refused_with_the_reason(string body, int expected)
    {
        Authorize(new DeploymentTokens(_cloud.Secret, TimeProvider.System).Issue(TimeSpan.FromHours(1)));
        using var answer = await PostAsync("/cloudplane/v1/clusters", body);
        Assert.Equal(expected, (int)answer.StatusCode);
        Assert.Equal("Status", (string)JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["kind"]!);
    }

    private void Authorize(string token) => _client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);

    private Task<HttpResponseMessage> PostAsync(string path, string body) => _client.PostAsync(path, new StringContent(body, Encoding.UTF8, "application/json"));

    private async Task<string[]> NamesAsync() =>
        [.. JsonNode.Parse(await _client.GetStringAsync("/cloudplane/v1/clusters"))!["items"]!.AsArray().Select(cluster => (string)cluster!["name"]!)];

    private async Task<string> TokenAsync(string cluster)
    {
        using var answer = await PostAsync($"/cloudplane/v1/clusters/{cluster}/kubeconfig", "");
        var line = (await answer.Content.ReadAsStringAsync()).Split('\n').Single(line => line.Contains("token:", StringComparison.Ordinal));
        return line.Split(':', 2)[1].Trim();
    }

    private Task<HttpResponseMessage> RunAsync(params WorkMessage[] messages)
    {
        // As the host encodes a batch: an array of texts, as a text.
        var bodies = new JsonArray([.. messages.Select(message => (JsonNode)Encoding.UTF8.GetString(WorkCodec.Encode(message)))]);
        var envelope = new JsonObject { ["Data"] = new JsonObject { ["messages"] = bodies.ToJsonString() }, ["Metadata"] = new JsonObject() };
        return PostAsync("/Work", envelope.ToJsonString());
    }
}
