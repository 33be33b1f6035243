using CloudPlane.Doubles;

namespace CloudPlane.Functions.Tests;

public sealed class ReceiveTests
{
    private static readonly TimeSpan NoWait = TimeSpan.Zero;

    [Fact]
    public async Task Receiving_removes_a_message()
    {
        await using var fixture = await BusFixture.StartAsync();
        fixture.Bus.CreateQueue("q", new QueueSettings());
        await fixture.Client.SendAsync("q", [BusFixture.Message("""{"a":1}""", id: "m1")], CancellationToken.None);
        var delivery = await fixture.Client.ReceiveAndDeleteAsync("q", NoWait, CancellationToken.None);
        Assert.Equal(("""{"a":1}""", "m1", 1), (BusFixture.Text(delivery), delivery!.MessageId, delivery.DeliveryCount));
        Assert.Null(delivery.Lock);
        Assert.Null(await fixture.Client.ReceiveAndDeleteAsync("q", NoWait, CancellationToken.None));
        Assert.Equal(1, fixture.Bus.Meter.Count(OperationKind.EmptyReceive));
    }

    [Fact]
    public async Task A_long_poll_ends_with_the_message()
    {
        await using var fixture = await BusFixture.StartAsync();
        fixture.Bus.CreateQueue("q", new QueueSettings());
        var receive = fixture.Client.ReceiveAndDeleteAsync("q", ServiceBusClient.MaxWait, CancellationToken.None);
        await fixture.Client.SendAsync("q", [BusFixture.Message("ring")], CancellationToken.None);
        Assert.Equal("ring", BusFixture.Text(await receive.WaitAsync(BusFixture.Patience)));
    }

    [Fact]
    public async Task A_lock_is_completed_renewed_abandoned_and_lost()
    {
        await using var fixture = await BusFixture.StartAsync();
        var queue = fixture.Bus.CreateQueue("q", new QueueSettings());
        await fixture.Client.SendAsync("q", [BusFixture.Message("a")], CancellationToken.None);
        var first = await fixture.Client.PeekLockAsync("q", NoWait, CancellationToken.None);
        Assert.NotNull(first!.LockedUntil);
        Assert.Null(await fixture.Client.PeekLockAsync("q", NoWait, CancellationToken.None));
        await fixture.Client.RenewLockAsync(first, CancellationToken.None);
        await fixture.Client.AbandonAsync(first, CancellationToken.None);
        var second = await fixture.Client.PeekLockAsync("q", NoWait, CancellationToken.None);
        Assert.Equal(2, second!.DeliveryCount);
        Assert.Equal(ServiceBusErrorKind.LockLost, (await BusFixture.FailsAsync(() => fixture.Client.CompleteAsync(first, CancellationToken.None))).Kind);
        await fixture.Client.CompleteAsync(second, CancellationToken.None);
        Assert.Equal(0, queue.Counts.Active);
        Assert.Equal(ServiceBusErrorKind.LockLost, (await BusFixture.FailsAsync(() => fixture.Client.CompleteAsync(second, CancellationToken.None))).Kind);
    }

    [Fact]
    public async Task Dead_letters_can_be_read()
    {
        await using var fixture = await BusFixture.StartAsync();
        var queue = fixture.Bus.CreateQueue("q", new QueueSettings { MaxDeliveryCount = 1 });
        await fixture.Client.SendAsync("q", [BusFixture.Message("poison")], CancellationToken.None);
        await fixture.Client.AbandonAsync((await fixture.Client.PeekLockAsync("q", NoWait, CancellationToken.None))!, CancellationToken.None);
        Assert.Equal(1, (await fixture.Client.GetQueueAsync("q", CancellationToken.None))!.DeadLetterMessageCount);
        var dead = await fixture.Client.PeekLockAsync("q/$DeadLetterQueue", NoWait, CancellationToken.None);
        Assert.Equal("poison", BusFixture.Text(dead));
        await fixture.Client.CompleteAsync(dead!, CancellationToken.None);
        Assert.Equal(0, queue.Counts.DeadLetter);
    }

    [Fact]
    public async Task Sessions_are_not_received_over_REST()
    {
        await using var fixture = await BusFixture.StartAsync();
        fixture.Bus.CreateQueue("work", new QueueSettings { RequiresSession = true });
        var e = await BusFixture.FailsAsync(() => fixture.Client.ReceiveAndDeleteAsync("work", NoWait, CancellationToken.None));
        Assert.Equal(ServiceBusErrorKind.Invalid, e.Kind);
        Assert.Contains("requires sessions", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_queue_that_goes_ends_the_wait()
    {
        await using var fixture = await BusFixture.StartAsync();
        fixture.Bus.CreateQueue("q", new QueueSettings());
        var receive = fixture.Client.ReceiveAndDeleteAsync("q", ServiceBusClient.MaxWait, CancellationToken.None);
        fixture.Bus.DeleteQueue("q");
        Assert.Equal(ServiceBusErrorKind.NotFound, (await BusFixture.FailsAsync(() => receive.WaitAsync(BusFixture.Patience))).Kind);
    }

    [Fact]
    public async Task Who_cancels_is_not_told_of_an_error()
    {
        await using var fixture = await BusFixture.StartAsync();
        fixture.Bus.CreateQueue("q", new QueueSettings());
        using var cancel = new CancellationTokenSource();
        var receive = fixture.Client.ReceiveAndDeleteAsync("q", ServiceBusClient.MaxWait, cancel.Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => receive.WaitAsync(BusFixture.Patience));
    }

    [Fact]
    public async Task Longer_waits_are_refused()
    {
        await using var fixture = await BusFixture.StartAsync();
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => fixture.Client.ReceiveAndDeleteAsync("q", TimeSpan.FromSeconds(61), CancellationToken.None));
    }
}
