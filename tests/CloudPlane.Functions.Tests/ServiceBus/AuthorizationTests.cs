using System.Net;
using Azure.Core;
using Azure.Core.Pipeline;
using CloudPlane.Doubles;

namespace CloudPlane.Functions.Tests;

public sealed class AuthorizationTests
{
    [Fact]
    public void A_key_is_read_and_never_printed()
    {
        var key = SasKey.Parse("rule:a:b=");
        Assert.Equal(("rule", "a:b="), (key.Rule, key.Key));
        Assert.Equal("rule", key.ToString());
        Assert.DoesNotContain("secret", new QueueRule("listen", QueueRights.Listen, "secret").ToString(), StringComparison.Ordinal);
        Assert.All(["", "secret", ":secret", "rule:"], text => Assert.DoesNotContain("secret", Assert.Throws<FormatException>(() => SasKey.Parse(text)).Message, StringComparison.Ordinal));
    }

    [Fact]
    public void A_token_has_the_documented_form() =>
        Assert.Equal(
            "SharedAccessSignature sr=https%3A%2F%2Fns.servicebus.windows.net%2Fq&sig=qBPJfuerbE2MYvoiKuCb4gatEDtkALQzqq85wqO3aEE%3D&se=1700000000&skn=listen",
            SasToken.Issue(new Uri("https://ns.servicebus.windows.net/q"), "listen", "key", DateTimeOffset.FromUnixTimeSeconds(1700000000)));

    [Fact]
    public async Task A_wrong_key_is_refused_and_not_repeated()
    {
        await using var fixture = await BusFixture.StartAsync();
        fixture.Bus.CreateQueue("q", new QueueSettings());
        var key = QueueRule.GenerateKey();
        using var client = fixture.Connect($"RootManageSharedAccessKey:{key}");
        var e = await BusFixture.FailsAsync(() => client.SendAsync("q", [BusFixture.Message("a")], CancellationToken.None));
        Assert.Equal(ServiceBusErrorKind.Unauthorized, e.Kind);
        Assert.DoesNotContain(key, e.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("sig=", e.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_rule_with_the_right_to_send_can_not_manage()
    {
        await using var fixture = await BusFixture.StartAsync();
        fixture.Bus.CreateQueue("q", new QueueSettings());
        var rule = new AccessRule("sender", AccessRights.Send, fixture.Bus.NewKey());
        fixture.Bus.AddRule(rule);
        using var client = fixture.Connect($"sender:{rule.PrimaryKey}");
        await client.SendAsync("q", [BusFixture.Message("a")], CancellationToken.None);
        Assert.Equal(ServiceBusErrorKind.Unauthorized, (await BusFixture.FailsAsync(() => client.GetQueueAsync("q", CancellationToken.None))).Kind);
        Assert.Equal(ServiceBusErrorKind.Unauthorized,
            (await BusFixture.FailsAsync(() => client.ReceiveAndDeleteAsync("q", TimeSpan.Zero, CancellationToken.None))).Kind);
    }

    [Fact]
    public async Task A_nodes_token_opens_its_own_queue_for_listening_and_nothing_else()
    {
        await using var fixture = await BusFixture.StartAsync();
        var rule = new QueueRule("listen", QueueRights.Listen, QueueRule.GenerateKey());
        await fixture.Client.CreateQueueAsync("node-default-n1", new QueueProperties { Rules = [rule] }, CancellationToken.None);
        await fixture.Client.CreateQueueAsync("node-default-n10", new QueueProperties { Rules = [rule] }, CancellationToken.None);
        await fixture.Client.SendAsync("node-default-n1", [BusFixture.Message("ring")], CancellationToken.None);
        var token = SasToken.Issue(fixture.Client.QueueAddress("node-default-n1"), rule.Name, rule.Key, DateTimeOffset.UtcNow.AddMinutes(10));
        using var http = new HttpClient { BaseAddress = fixture.Endpoint };
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(http, token, HttpMethod.Delete, "node-default-n1/messages/head?timeout=0"));
        Assert.Equal(HttpStatusCode.NoContent, await StatusAsync(http, token, HttpMethod.Delete, "node-default-n1/messages/head?timeout=0"));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(http, token, HttpMethod.Post, "node-default-n1/messages"));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(http, token, HttpMethod.Get, "node-default-n1?api-version=2021-05"));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(http, token, HttpMethod.Delete, "node-default-n10/messages/head?timeout=0"));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(http, token, HttpMethod.Delete, "node-default-n2/messages/head?timeout=0"));
        var expired = SasToken.Issue(fixture.Client.QueueAddress("node-default-n1"), rule.Name, rule.Key, DateTimeOffset.UtcNow.AddMinutes(-1));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(http, expired, HttpMethod.Delete, "node-default-n1/messages/head?timeout=0"));
        // The queue's rule does not open the namespace either.
        var wide = SasToken.Issue(fixture.Endpoint, rule.Name, rule.Key, DateTimeOffset.UtcNow.AddMinutes(10));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(http, wide, HttpMethod.Delete, "node-default-n1/messages/head?timeout=0"));
    }

    [Fact]
    public async Task A_token_is_kept_until_shortly_before_it_expires()
    {
        var time = new ManualTime();
        var seen = new Recorder();
        using var client = new ServiceBusClient(new ServiceBusOptions
        {
            Endpoint = new Uri("https://ns.servicebus.windows.net/ignored"),
            Key = SasKey.Parse("rule:key"),
            Time = time,
            Transport = new HttpClientTransport(seen),
        });
        await client.SendAsync("q", [BusFixture.Message("a")], CancellationToken.None);
        time.Advance(TimeSpan.FromMinutes(49));
        await client.SendAsync("q", [BusFixture.Message("a")], CancellationToken.None);
        time.Advance(TimeSpan.FromMinutes(2));
        await client.SendAsync("q", [BusFixture.Message("a")], CancellationToken.None);
        Assert.Equal(seen.Authorization[0], seen.Authorization[1]);
        Assert.NotEqual(seen.Authorization[1], seen.Authorization[2]);
        Assert.StartsWith("SharedAccessSignature sr=https%3A%2F%2Fns.servicebus.windows.net%2F&", seen.Authorization[0], StringComparison.Ordinal);
        Assert.Equal("https://ns.servicebus.windows.net/q/messages", seen.Addresses[0]);
    }

    [Fact]
    public async Task An_identity_of_Entra_is_asked_for_the_scope_of_Service_Bus()
    {
        var seen = new Recorder();
        var credential = new FixedCredential();
        using var client = new ServiceBusClient(new ServiceBusOptions
        {
            Endpoint = new Uri("https://ns.servicebus.windows.net"),
            Credential = credential,
            Transport = new HttpClientTransport(seen),
        });
        await client.SendAsync("q", [BusFixture.Message("a")], CancellationToken.None);
        Assert.Equal("Bearer entra-token", Assert.Single(seen.Authorization));
        Assert.Equal("https://servicebus.azure.net/.default", Assert.Single(credential.Scopes!));
    }

    [Fact]
    public async Task An_identity_that_gets_no_token_is_an_error_of_authorization()
    {
        using var client = new ServiceBusClient(new ServiceBusOptions
        {
            Endpoint = new Uri("https://ns.servicebus.windows.net"),
            Credential = new FixedCredential { Fails = true },
            Transport = new HttpClientTransport(new Recorder()),
        });
        var e = await BusFixture.FailsAsync(() => client.SendAsync("q", [BusFixture.Message("a")], CancellationToken.None));
        Assert.Equal(ServiceBusErrorKind.Unauthorized, e.Kind);
    }

    [Fact]
    public void An_identity_of_Entra_needs_https() =>
        Assert.Throws<ArgumentException>(() => new ServiceBusClient(new ServiceBusOptions { Endpoint = new Uri("http://127.0.0.1:1"), Credential = new FixedCredential() }));

    private static async Task<HttpStatusCode> StatusAsync(HttpClient http, string token, HttpMethod method, string path)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Headers.TryAddWithoutValidation("Authorization", token);
        using var response = await http.SendAsync(request);
        return response.StatusCode;
    }

    private sealed class Recorder : HttpMessageHandler
    {
        public List<string> Authorization { get; } = [];

        public List<string> Addresses { get; } = [];

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Authorization.Add(request.Headers.GetValues("Authorization").Single());
            Addresses.Add(request.RequestUri!.AbsoluteUri);
            return Task.FromResult(new HttpResponseMessage(HttpStatusCode.Created) { Content = new ByteArrayContent([]), RequestMessage = request });
        }
    }

    private sealed class FixedCredential : TokenCredential
    {
        public bool Fails { get; init; }

        public string[]? Scopes { get; private set; }

        public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken) => throw new NotSupportedException();

        public override ValueTask<AccessToken> GetTokenAsync(TokenRequestContext requestContext, CancellationToken cancellationToken)
        {
            Scopes = requestContext.Scopes;
            return Fails
                ? throw new InvalidOperationException("no identity here")
                : ValueTask.FromResult(new AccessToken("entra-token", DateTimeOffset.UtcNow.AddHours(1)));
        }
    }
}
