using System.Net;
using System.Net.Sockets;
using Azure.Core.Pipeline;
using CloudPlane.Doubles;

namespace CloudPlane.Functions.Tests;

public sealed class RetryTests
{
    [Fact]
    public async Task Throttling_and_failures_are_outlasted()
    {
        await using var fixture = await BusFixture.StartAsync();
        var queue = fixture.Bus.CreateQueue("q", new QueueSettings());
        fixture.Bus.Faults.ThrottleEvery = 2;
        for (var i = 0; i < 10; i++)
            await fixture.Client.SendAsync("q", [BusFixture.Message($"{i}")], CancellationToken.None);
        Assert.Equal(Enumerable.Range(0, 10).Select(i => $"{i}"), queue.Peek().Select(BusFixture.Text));
    }

    /// <summary>As HttpClient tells of it: with the socket's own exception, unlike all other failures.</summary>
    [Fact]
    public void A_connection_that_breaks_when_it_was_just_made_is_made_again() => Assert.True(BackoffPolicy.IsTransient(new SocketException(), CancellationToken.None));

    [Fact]
    public async Task An_answer_that_is_lost_makes_a_duplicate_that_the_queue_detects()
    {
        await using var fixture = await BusFixture.StartAsync();
        var queue = fixture.Bus.CreateQueue("q", new QueueSettings { RequiresDuplicateDetection = true });
        fixture.Bus.Faults.LoseAnswerRate = 1;
        var e = await BusFixture.FailsAsync(() => fixture.Client.SendAsync("q", [BusFixture.Message("a", id: "a")], CancellationToken.None));
        Assert.Equal(ServiceBusErrorKind.Unavailable, e.Kind);
        Assert.True(e.IsTransient);
        fixture.Bus.Faults.Clear();
        await fixture.Client.SendAsync("q", [BusFixture.Message("a", id: "a")], CancellationToken.None);
        Assert.Single(queue.Peek());
        Assert.Equal(9, fixture.Bus.Meter.Count(OperationKind.Send));
    }

    [Fact]
    public async Task A_queue_whose_making_was_not_answered_is_found()
    {
        await using var fixture = await BusFixture.StartAsync();
        fixture.Bus.Faults.LoseAnswerRate = 0.3;
        for (var i = 0; i < 10; i++)
        {
            var rule = new QueueRule("listen", QueueRights.Listen, QueueRule.GenerateKey());
            var made = await fixture.Client.CreateQueueAsync($"q{i}", new QueueProperties { Rules = [rule] }, CancellationToken.None);
            Assert.Equal([rule], made.Properties.Rules);
        }
    }

    [Fact]
    public async Task A_bus_that_is_away_is_an_error_after_a_bounded_number_of_tries()
    {
        await using var fixture = await BusFixture.StartAsync();
        fixture.Bus.CreateQueue("q", new QueueSettings());
        fixture.Bus.Faults.Away = true;
        Assert.Equal(ServiceBusErrorKind.Unavailable,
            (await BusFixture.FailsAsync(() => fixture.Client.SendAsync("q", [BusFixture.Message("a")], CancellationToken.None))).Kind);
        fixture.Bus.Faults.Away = false;
        fixture.Bus.Faults.ThrottleEvery = 1;
        Assert.Equal(ServiceBusErrorKind.Throttled,
            (await BusFixture.FailsAsync(() => fixture.Client.SendAsync("q", [BusFixture.Message("a")], CancellationToken.None))).Kind);
    }

    [Fact]
    public async Task Nobody_listens()
    {
        using var reserved = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        reserved.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        using var client = new ServiceBusClient(new ServiceBusOptions
        {
            Endpoint = new Uri($"http://127.0.0.1:{((IPEndPoint)reserved.LocalEndPoint!).Port}"),
            Key = SasKey.Parse("r:k"),
            MaxAttempts = 2,
            Delay = TimeSpan.FromMilliseconds(1),
        });
        var e = await BusFixture.FailsAsync(() => client.SendAsync("q", [BusFixture.Message("a")], CancellationToken.None));
        Assert.Equal(ServiceBusErrorKind.Unavailable, e.Kind);
    }

    [Fact]
    public async Task Waits_grow_with_jitter_and_follow_what_the_service_asks_for()
    {
        var time = new ManualTime();
        var handler = new Busy(time);
        using var client = new ServiceBusClient(new ServiceBusOptions
        {
            Endpoint = new Uri("https://ns.servicebus.windows.net"),
            Key = SasKey.Parse("r:k"),
            Time = time,
            Random = new Random(1),
            MaxAttempts = 6,
            Transport = new HttpClientTransport(handler),
        });
        var send = client.SendAsync("q", [BusFixture.Message("a")], CancellationToken.None);
        using var patience = new CancellationTokenSource(BusFixture.Patience);
        while (!send.IsCompleted)
        {
            // One step of the clock for each wait: the client arms its timer before the next step is taken.
            if (time.Waiting > 0)
                time.Advance(TimeSpan.FromMilliseconds(10));
            else
                await Task.Delay(1, patience.Token);
        }
        Assert.Equal(ServiceBusErrorKind.Throttled, (await BusFixture.FailsAsync(() => send)).Kind);
        var waits = handler.Requests.Zip(handler.Requests.Skip(1), (one, next) => next - one).ToList();
        Assert.Equal(5, waits.Count);
        Assert.InRange(waits[0], TimeSpan.FromSeconds(0.2), TimeSpan.FromSeconds(0.45));
        Assert.InRange(waits[1], TimeSpan.FromSeconds(0.4), TimeSpan.FromSeconds(0.85));
        Assert.InRange(waits[2], TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(5.05));
        // A service that asks for an hour gets our longest wait.
        Assert.InRange(waits[3], TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(10.05));
        Assert.InRange(waits[4], TimeSpan.FromSeconds(3.2), TimeSpan.FromSeconds(6.45));
    }

    [Fact]
    public async Task A_receive_does_not_try_for_longer_than_it_was_to_wait()
    {
        await using var fixture = await BusFixture.StartAsync();
        fixture.Bus.CreateQueue("q", new QueueSettings());
        fixture.Bus.Faults.ThrottleEvery = 1;
        var e = await BusFixture.FailsAsync(() => fixture.Client.ReceiveAndDeleteAsync("q", TimeSpan.Zero, CancellationToken.None));
        Assert.Equal(ServiceBusErrorKind.Throttled, e.Kind);
    }

    /// <summary>Always busy; asks for a wait at its third and fourth refusal.</summary>
    private sealed class Busy(ManualTime time) : HttpMessageHandler
    {
        public List<DateTimeOffset> Requests { get; } = [];

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Requests.Add(time.Now);
            var response = new HttpResponseMessage(HttpStatusCode.ServiceUnavailable) { Content = new ByteArrayContent([]), RequestMessage = request };
            if (Requests.Count is 3 or 4)
                response.Headers.TryAddWithoutValidation("Retry-After", Requests.Count == 3 ? "5" : "3600");
            return Task.FromResult(response);
        }
    }
}
