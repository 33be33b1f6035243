using System.Text;
using CloudPlane.Doubles;

namespace CloudPlane.Functions.Tests;

public sealed class SendTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task What_is_sent_arrives_alone_and_in_a_batch(int count)
    {
        await using var fixture = await BusFixture.StartAsync();
        var queue = fixture.Bus.CreateQueue("work", new QueueSettings { RequiresSession = true });
        var due = DateTimeOffset.UtcNow.AddMinutes(30);
        var message = new BusMessage("""{"text":"a \"quoted\" größe 日本"}"""u8.ToArray())
        {
            MessageId = "id-ü",
            SessionId = "default/log/pods",
            ScheduledAt = due,
            TimeToLive = TimeSpan.FromSeconds(90.5),
        };
        await fixture.Client.SendAsync("work", [.. Enumerable.Repeat(message, count)], CancellationToken.None);
        var seen = queue.Peek();
        Assert.Equal(count, seen.Count);
        Assert.All(seen, received =>
        {
            Assert.Equal("""{"text":"a \"quoted\" größe 日本"}""", BusFixture.Text(received));
            Assert.Equal(("id-ü", "default/log/pods", TimeSpan.FromSeconds(90.5)), (received.MessageId, received.SessionId, received.Sent.TimeToLive));
            // Whole seconds, and never earlier than asked for.
            Assert.InRange(received.Sent.ScheduledEnqueueTime!.Value - due, TimeSpan.Zero, TimeSpan.FromSeconds(1));
        });
        Assert.Equal(1, fixture.Bus.Meter.Count(OperationKind.Send));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task Bodies_that_are_no_text_arrive_byte_for_byte(int count)
    {
        await using var fixture = await BusFixture.StartAsync();
        var queue = fixture.Bus.CreateQueue("q", new QueueSettings());
        byte[] body = [0, 255, 254, 10, 13, 0xC3];
        await fixture.Client.SendAsync("q", [.. Enumerable.Repeat(new BusMessage(body), count)], CancellationToken.None);
        Assert.All(queue.Peek(), message => Assert.Equal(body, message.Body.ToArray()));
        Assert.Equal(count, queue.Counts.Active);
    }

    [Fact]
    public async Task Many_messages_go_in_hundreds_and_stay_in_order()
    {
        await using var fixture = await BusFixture.StartAsync();
        var queue = fixture.Bus.CreateQueue("q", new QueueSettings());
        await fixture.Client.SendAsync("q", [.. Enumerable.Range(0, 250).Select(i => BusFixture.Message($"{i}"))], CancellationToken.None);
        Assert.Equal(Enumerable.Range(0, 250).Select(i => $"{i}"), queue.Peek().Select(BusFixture.Text));
        Assert.Equal(3, fixture.Bus.Meter.Count(OperationKind.Send));
    }

    [Fact]
    public async Task Large_messages_are_split_by_size()
    {
        await using var fixture = await BusFixture.StartAsync();
        var queue = fixture.Bus.CreateQueue("q", new QueueSettings());
        // The last one grows beyond the limit as JSON text: it must go alone.
        var bodies = Enumerable.Range(0, 40).Select(i => $"{i}:" + new string('x', 20_000)).Append(new string('"', 200_000)).ToList();
        await fixture.Client.SendAsync("q", [.. bodies.Select(body => BusFixture.Message(body))], CancellationToken.None);
        Assert.Equal(bodies, queue.Peek().Select(BusFixture.Text));
    }

    [Fact]
    public async Task A_message_over_the_limit_is_named_and_nothing_is_sent()
    {
        await using var fixture = await BusFixture.StartAsync();
        var queue = fixture.Bus.CreateQueue("q", new QueueSettings());
        var e = await BusFixture.FailsAsync(() => fixture.Client.SendAsync("q",
            [BusFixture.Message("fine"), BusFixture.Message(new string('x', 256 * 1024), id: "huge")], CancellationToken.None));
        Assert.Equal(ServiceBusErrorKind.TooLarge, e.Kind);
        Assert.Contains("message 1 (huge) for queue q", e.Message, StringComparison.Ordinal);
        Assert.Empty(queue.Peek());
    }

    [Theory]
    [InlineData("MessageId")]
    [InlineData("SessionId")]
    [InlineData("TimeToLive")]
    public async Task Invalid_properties_are_named(string property)
    {
        await using var fixture = await BusFixture.StartAsync();
        var message = property switch
        {
            "MessageId" => BusFixture.Message("a", id: new string('x', 129)),
            "SessionId" => BusFixture.Message("a", session: ""),
            _ => BusFixture.Message("a") with { TimeToLive = TimeSpan.Zero },
        };
        var e = await BusFixture.FailsAsync(() => fixture.Client.SendAsync("q", [message], CancellationToken.None));
        Assert.Equal(ServiceBusErrorKind.Invalid, e.Kind);
        Assert.Contains(property, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_service_refuses_keeps_its_reason()
    {
        await using var fixture = await BusFixture.StartAsync();
        fixture.Bus.CreateQueue("work", new QueueSettings { RequiresSession = true });
        var e = await BusFixture.FailsAsync(() => fixture.Client.SendAsync("work", [BusFixture.Message("a")], CancellationToken.None));
        Assert.Equal(ServiceBusErrorKind.Invalid, e.Kind);
        Assert.Contains("SessionId was not set", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_queue_that_is_not_there_or_gone()
    {
        await using var fixture = await BusFixture.StartAsync();
        Assert.Equal(ServiceBusErrorKind.NotFound,
            (await BusFixture.FailsAsync(() => fixture.Client.SendAsync("q", [BusFixture.Message("a")], CancellationToken.None))).Kind);
        fixture.Bus.CreateQueue("q", new QueueSettings());
        fixture.Bus.DeleteQueue("q");
        Assert.Equal(ServiceBusErrorKind.NotFound,
            (await BusFixture.FailsAsync(() => fixture.Client.SendAsync("q", [BusFixture.Message("a")], CancellationToken.None))).Kind);
    }

    [Fact]
    public async Task Sending_nothing_asks_nobody()
    {
        await using var fixture = await BusFixture.StartAsync();
        await fixture.Client.SendAsync("missing", [], CancellationToken.None);
        Assert.Equal(0, fixture.Bus.Meter.Total);
    }

    [Fact]
    public void A_batch_is_cut_before_its_limit()
    {
        var messages = Enumerable.Range(0, 30).Select(_ => new BusMessage(Encoding.UTF8.GetBytes(new string('x', 30_000)))).ToList();
        Assert.All(MessageRequest.Split("q", messages), request => Assert.InRange(request.Content.Length, 1, MessageRequest.MaxMessageBytes));
    }
}
