using System.Text;
using CloudPlane.Doubles;

namespace CloudPlane.Functions.Tests;

public sealed class ManagementTests
{
    [Fact]
    public async Task A_queue_is_made_as_described()
    {
        await using var fixture = await BusFixture.StartAsync();
        var rule = new QueueRule("listen", QueueRights.Listen, QueueRule.GenerateKey());
        var wanted = new QueueProperties
        {
            RequiresDuplicateDetection = true,
            DuplicateDetectionHistoryTimeWindow = TimeSpan.FromHours(1),
            LockDuration = TimeSpan.FromMinutes(2),
            MaxDeliveryCount = 5,
            DefaultMessageTimeToLive = TimeSpan.FromDays(1),
            AutoDeleteOnIdle = TimeSpan.FromMinutes(30),
            Rules = [rule],
        };
        var made = await fixture.Client.CreateQueueAsync("node-default-n1", wanted, CancellationToken.None);
        Assert.Equal(wanted with { Rules = [] }, made.Properties with { Rules = [] });
        Assert.Equal([rule], made.Properties.Rules);
        var found = await fixture.Client.GetQueueAsync("node-default-n1", CancellationToken.None);
        Assert.Equal([rule], found!.Properties.Rules);
        var settings = fixture.Bus.Queue("node-default-n1").Settings;
        Assert.Equal((5, TimeSpan.FromMinutes(30)), (settings.MaxDeliveryCount, settings.AutoDeleteOnIdle));
    }

    [Fact]
    public async Task Defaults_are_the_services()
    {
        await using var fixture = await BusFixture.StartAsync();
        var made = await fixture.Client.CreateQueueAsync("q", new QueueProperties(), CancellationToken.None);
        Assert.Equal((TimeSpan.FromMinutes(1), 10, null, null),
            (made.Properties.LockDuration, made.Properties.MaxDeliveryCount, made.Properties.DefaultMessageTimeToLive, made.Properties.AutoDeleteOnIdle));
    }

    [Fact]
    public async Task Making_a_queue_again_finds_the_first_one_with_its_key()
    {
        await using var fixture = await BusFixture.StartAsync();
        QueueProperties Properties() => new() { Rules = [new QueueRule("listen", QueueRights.Listen, QueueRule.GenerateKey())] };
        var first = await fixture.Client.CreateQueueAsync("q", Properties(), CancellationToken.None);
        var second = await fixture.Client.CreateQueueAsync("q", Properties(), CancellationToken.None);
        Assert.Equal(first.Properties.Rules, second.Properties.Rules);
        var e = await BusFixture.FailsAsync(() => fixture.Client.CreateQueueAsync("q", new QueueProperties { RequiresSession = true }, CancellationToken.None));
        Assert.Equal(ServiceBusErrorKind.AlreadyExists, e.Kind);
    }

    [Fact]
    public async Task Messages_are_counted()
    {
        await using var fixture = await BusFixture.StartAsync();
        await fixture.Client.CreateQueueAsync("q", new QueueProperties(), CancellationToken.None);
        await fixture.Client.SendAsync("q",
            [BusFixture.Message("a"), BusFixture.Message("b"), BusFixture.Message("c") with { ScheduledAt = DateTimeOffset.UtcNow.AddHours(1) }], CancellationToken.None);
        var found = await fixture.Client.GetQueueAsync("q", CancellationToken.None);
        Assert.Equal((2, 1, 0), (found!.ActiveMessageCount, found.ScheduledMessageCount, found.DeadLetterMessageCount));
    }

    [Fact]
    public async Task A_queue_that_is_not_there_is_null_and_deleting_it_is_no_error()
    {
        await using var fixture = await BusFixture.StartAsync();
        Assert.Null(await fixture.Client.GetQueueAsync("q", CancellationToken.None));
        await fixture.Client.DeleteQueueAsync("q", CancellationToken.None);
        await fixture.Client.CreateQueueAsync("q", new QueueProperties(), CancellationToken.None);
        await fixture.Client.DeleteQueueAsync("q", CancellationToken.None);
        Assert.Null(await fixture.Client.GetQueueAsync("q", CancellationToken.None));
    }

    [Fact]
    public async Task What_the_service_does_not_take_is_named()
    {
        await using var fixture = await BusFixture.StartAsync();
        var e = await BusFixture.FailsAsync(() =>
            fixture.Client.CreateQueueAsync("q", new QueueProperties { LockDuration = TimeSpan.FromMinutes(6) }, CancellationToken.None));
        Assert.Equal(ServiceBusErrorKind.Invalid, e.Kind);
        Assert.Contains("LockDuration", e.Message, StringComparison.Ordinal);
        Assert.Equal(ServiceBusErrorKind.Invalid,
            (await BusFixture.FailsAsync(() => fixture.Client.CreateQueueAsync("-bad-", new QueueProperties(), CancellationToken.None))).Kind);
    }

    [Theory]
    [InlineData("")]
    [InlineData("<entry")]
    [InlineData("""<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><entry>&e;</entry>""")]
    [InlineData("""<entry xmlns="http://www.w3.org/2005/Atom"><content><QueueDescription xmlns="http://schemas.microsoft.com/netservices/2010/10/servicebus/connect"><LockDuration>soon</LockDuration></QueueDescription></content></entry>""")]
    public void Descriptions_that_can_not_be_read(string xml) =>
        Assert.Throws<FormatException>(() => QueueDescriptionXml.Read(new MemoryStream(Encoding.UTF8.GetBytes(xml))));
}
