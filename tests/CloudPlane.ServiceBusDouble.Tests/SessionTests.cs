namespace CloudPlane.Doubles.Tests;

public sealed class SessionTests
{
    private readonly BusFixture _fixture = new();

    [Fact]
    public async Task A_session_has_one_receiver_and_its_messages_come_in_order()
    {
        var queue = _fixture.Sessions();
        queue.Send(BusFixture.Message("a1", "a"), BusFixture.Message("b1", "b"), BusFixture.Message("a2", "a"));
        var a = await BusFixture.AcceptAsync(queue);
        var b = await BusFixture.AcceptAsync(queue);
        Assert.Equal(("a", "b"), (a!.SessionId, b!.SessionId));
        Assert.Null(await BusFixture.AcceptAsync(queue));
        Assert.Equal(["a1", "a2"], Texts(await BusFixture.TakeAsync(a)));
        Assert.Equal(["b1"], Texts(await BusFixture.TakeAsync(b)));
        a.CompleteAll();
        Assert.Equal(1, queue.Counts.Active);
        queue.Send(BusFixture.Message("a3", "a"));
        Assert.Null(await BusFixture.AcceptAsync(queue));
        a.Close();
        var again = await BusFixture.AcceptAsync(queue);
        Assert.Equal(["a3"], Texts(await BusFixture.TakeAsync(again!)));
        await Assert.ThrowsAsync<SessionLockLostException>(() => BusFixture.TakeAsync(a));
    }

    [Fact]
    public async Task At_most_so_many_are_received_and_the_rest_follows()
    {
        var queue = _fixture.Sessions();
        queue.Send(BusFixture.Message("1", "s"), BusFixture.Message("2", "s"), BusFixture.Message("3", "s"));
        var session = await BusFixture.AcceptAsync(queue);
        var first = await BusFixture.TakeAsync(session!, 2);
        Assert.Equal(["1", "2"], Texts(first));
        Assert.Equal(["3"], Texts(await BusFixture.TakeAsync(session!, 2)));
        session!.Complete(first[1]);
        session.Abandon(first[0]);
        var again = Assert.Single(await BusFixture.TakeAsync(session));
        Assert.Equal(("1", 2), (BusFixture.Text(again), again.DeliveryCount));
        Assert.Throws<BusException>(() => session.Complete(first[0]));
    }

    [Fact]
    public async Task Waiting_for_a_session_and_for_its_next_message()
    {
        var queue = _fixture.Sessions();
        var accept = queue.AcceptNextSessionAsync(TimeSpan.FromMinutes(1), CancellationToken.None);
        await _fixture.UntilWaitingAsync();
        queue.Send(BusFixture.Message("1", "s"));
        var session = await accept.WaitAsync(BusFixture.Patience);
        await BusFixture.TakeAsync(session!);
        session!.CompleteAll();
        var next = session.ReceiveAsync(10, TimeSpan.FromSeconds(1), CancellationToken.None);
        await _fixture.UntilWaitingAsync();
        queue.Send(BusFixture.Message("2", "s"));
        Assert.Equal(["2"], Texts(await next.WaitAsync(BusFixture.Patience)));
        session.CompleteAll();
        var idle = session.ReceiveAsync(10, TimeSpan.FromSeconds(1), CancellationToken.None);
        await _fixture.UntilWaitingAsync();
        _fixture.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Empty(await idle.WaitAsync(BusFixture.Patience));
    }

    [Fact]
    public async Task An_expired_session_goes_to_the_next_receiver_with_what_was_not_completed()
    {
        var queue = _fixture.Sessions(new QueueSettings { LockDuration = TimeSpan.FromSeconds(30) });
        queue.Send(BusFixture.Message("1", "s"), BusFixture.Message("2", "s"));
        var first = await BusFixture.AcceptAsync(queue);
        await BusFixture.TakeAsync(first!, 1);
        var waiting = queue.AcceptNextSessionAsync(TimeSpan.FromMinutes(1), CancellationToken.None);
        await _fixture.UntilWaitingAsync();
        _fixture.Time.Advance(TimeSpan.FromSeconds(30));
        var second = await waiting.WaitAsync(BusFixture.Patience);
        Assert.Throws<SessionLockLostException>(first!.CompleteAll);
        Assert.Throws<SessionLockLostException>(first.RenewLock);
        var received = await BusFixture.TakeAsync(second!);
        Assert.Equal(["1", "2"], Texts(received));
        Assert.Equal([2, 1], received.Select(message => message.DeliveryCount));
    }

    [Fact]
    public async Task Renewing_keeps_a_session()
    {
        var queue = _fixture.Sessions(new QueueSettings { LockDuration = TimeSpan.FromSeconds(30) });
        queue.Send(BusFixture.Message("1", "s"));
        var session = await BusFixture.AcceptAsync(queue);
        await BusFixture.TakeAsync(session!);
        for (var i = 0; i < 5; i++)
        {
            _fixture.Time.Advance(TimeSpan.FromSeconds(20));
            session!.RenewLock();
        }
        Assert.Null(await BusFixture.AcceptAsync(queue));
        session!.CompleteAll();
        Assert.Equal(0, queue.Counts.Active);
    }

    [Fact]
    public async Task A_message_of_a_session_dies_after_its_last_delivery_and_the_next_one_follows()
    {
        var queue = _fixture.Sessions(new QueueSettings { MaxDeliveryCount = 2 });
        queue.Send(BusFixture.Message("poison", "s"), BusFixture.Message("good", "s"));
        var session = await BusFixture.AcceptAsync(queue);
        for (var i = 0; i < 2; i++)
        {
            await BusFixture.TakeAsync(session!, 1);
            session!.AbandonAll();
        }
        Assert.Equal(["good"], Texts(await BusFixture.TakeAsync(session!)));
        // Dead letters have no sessions.
        Assert.Equal("poison", BusFixture.Text(await BusFixture.LockAsync(queue.DeadLetters!)));
    }

    [Fact]
    public async Task Closing_around_a_delivery_does_not_count_it()
    {
        var queue = _fixture.Sessions();
        queue.Send(BusFixture.Message("1", "s"));
        var session = await BusFixture.AcceptAsync(queue);
        await BusFixture.TakeAsync(session!);
        session!.Close();
        var again = await BusFixture.AcceptAsync(queue);
        Assert.Equal(1, Assert.Single(await BusFixture.TakeAsync(again!)).DeliveryCount);
    }

    private static IEnumerable<string> Texts(IEnumerable<ReceivedMessage> messages) => messages.Select(BusFixture.Text);
}
