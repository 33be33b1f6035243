namespace CloudPlane.Doubles.Tests;

public sealed class QueueTests
{
    private readonly BusFixture _fixture = new();

    [Fact]
    public async Task Messages_come_in_order_and_once()
    {
        var queue = _fixture.Plain();
        queue.Send(BusFixture.Message("a"), BusFixture.Message("b"));
        queue.Send(BusFixture.Message("c"));
        Assert.Equal("a", await BusFixture.TakeAsync(queue));
        Assert.Equal("b", await BusFixture.TakeAsync(queue));
        Assert.Equal("c", await BusFixture.TakeAsync(queue));
        Assert.Equal("(none)", await BusFixture.TakeAsync(queue));
    }

    [Fact]
    public async Task A_receiver_that_waits_gets_what_is_sent()
    {
        var queue = _fixture.Plain();
        var receive = queue.ReceiveAndDeleteAsync(TimeSpan.FromSeconds(60), CancellationToken.None);
        await _fixture.UntilWaitingAsync();
        queue.Send(BusFixture.Message("a"));
        Assert.Equal("a", BusFixture.Text(await receive.WaitAsync(BusFixture.Patience)));
    }

    [Fact]
    public async Task A_receiver_waits_as_long_as_it_said_by_the_clock()
    {
        var queue = _fixture.Plain();
        var receive = queue.ReceiveAndDeleteAsync(TimeSpan.FromSeconds(60), CancellationToken.None);
        await _fixture.UntilWaitingAsync();
        _fixture.Time.Advance(TimeSpan.FromSeconds(60));
        Assert.Null(await receive.WaitAsync(BusFixture.Patience));
        Assert.Equal(1, _fixture.Bus.Meter.Count(OperationKind.EmptyReceive));
    }

    [Fact]
    public async Task A_receiver_that_gives_up_takes_nothing()
    {
        var queue = _fixture.Plain();
        using var cancel = new CancellationTokenSource();
        var receive = queue.ReceiveAndDeleteAsync(TimeSpan.FromSeconds(60), cancel.Token);
        await _fixture.UntilWaitingAsync();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => receive.WaitAsync(BusFixture.Patience));
        queue.Send(BusFixture.Message("a"));
        Assert.Equal("a", await BusFixture.TakeAsync(queue));
    }

    [Fact]
    public async Task A_scheduled_message_comes_at_its_time()
    {
        var queue = _fixture.Plain();
        queue.Send(BusFixture.Message("late") with { ScheduledEnqueueTime = _fixture.Time.Now.AddMinutes(5) });
        queue.Send(BusFixture.Message("now"));
        Assert.Equal(new QueueCounts(1, 1, 0), queue.Counts);
        Assert.Equal("now", await BusFixture.TakeAsync(queue));
        var receive = queue.PeekLockAsync(TimeSpan.FromMinutes(6), CancellationToken.None);
        await _fixture.UntilWaitingAsync();
        _fixture.Time.Advance(TimeSpan.FromMinutes(5));
        var message = await receive.WaitAsync(BusFixture.Patience);
        Assert.Equal("late", BusFixture.Text(message));
        Assert.Equal(_fixture.Time.Now, message!.EnqueuedTime);
        queue.Send(BusFixture.Message("past") with { ScheduledEnqueueTime = _fixture.Time.Now.AddMinutes(-5) });
        Assert.Equal("past", await BusFixture.TakeAsync(queue));
    }

    [Fact]
    public async Task A_lock_hides_a_message_until_it_expires()
    {
        var queue = _fixture.Plain(new QueueSettings { LockDuration = TimeSpan.FromSeconds(30) });
        queue.Send(BusFixture.Message("a"));
        var first = await BusFixture.LockAsync(queue);
        Assert.Equal(_fixture.Time.Now.AddSeconds(30), first!.LockedUntil);
        Assert.Null(await BusFixture.LockAsync(queue));
        // Already waiting when the lock ends: nobody sends or settles anything.
        var waiting = queue.PeekLockAsync(TimeSpan.FromSeconds(60), CancellationToken.None);
        await _fixture.UntilWaitingAsync();
        _fixture.Time.Advance(TimeSpan.FromSeconds(30));
        var second = await waiting.WaitAsync(BusFixture.Patience);
        Assert.Equal(2, second!.DeliveryCount);
        Assert.Equal(404, Assert.Throws<BusException>(() => queue.Complete(first.LockToken)).Status);
        queue.Complete(second.LockToken);
        Assert.Equal(new QueueCounts(0, 0, 0), queue.Counts);
    }

    [Fact]
    public async Task A_lock_that_is_taken_while_others_wait_wakes_them_when_it_expires()
    {
        var queue = _fixture.Plain(new QueueSettings { LockDuration = TimeSpan.FromSeconds(30) });
        var one = queue.PeekLockAsync(TimeSpan.FromHours(10), CancellationToken.None);
        var two = queue.PeekLockAsync(TimeSpan.FromHours(10), CancellationToken.None);
        queue.Send(BusFixture.Message("a"));
        var first = await Task.WhenAny(one, two).WaitAsync(BusFixture.Patience);
        var other = first == one ? two : one;
        using var patience = new CancellationTokenSource(BusFixture.Patience);
        while (!other.IsCompleted)
        {
            _fixture.Time.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(5, patience.Token);
        }
        Assert.Equal("a", BusFixture.Text(await other.WaitAsync(BusFixture.Patience)));
    }

    [Fact]
    public async Task Renewing_keeps_a_lock_and_abandoning_ends_it()
    {
        var queue = _fixture.Plain(new QueueSettings { LockDuration = TimeSpan.FromSeconds(30) });
        queue.Send(BusFixture.Message("a"));
        var first = await BusFixture.LockAsync(queue);
        _fixture.Time.Advance(TimeSpan.FromSeconds(20));
        queue.RenewLock(first!.LockToken);
        _fixture.Time.Advance(TimeSpan.FromSeconds(20));
        Assert.Null(await BusFixture.LockAsync(queue));
        queue.Abandon(first.LockToken);
        Assert.Equal(2, (await BusFixture.LockAsync(queue))!.DeliveryCount);
    }

    [Fact]
    public async Task A_message_dies_after_its_last_delivery_however_it_ended()
    {
        var queue = _fixture.Plain(new QueueSettings { MaxDeliveryCount = 3, LockDuration = TimeSpan.FromSeconds(30) });
        queue.Send(BusFixture.Message("poison", id: "p"));
        queue.Abandon((await BusFixture.LockAsync(queue))!.LockToken);
        await BusFixture.LockAsync(queue);
        _fixture.Time.Advance(TimeSpan.FromSeconds(30));
        var last = await BusFixture.LockAsync(queue);
        Assert.Equal(3, last!.DeliveryCount);
        queue.Abandon(last.LockToken);
        Assert.Null(await BusFixture.LockAsync(queue));
        Assert.Equal(new QueueCounts(0, 0, 1), queue.Counts);
        var dead = await BusFixture.LockAsync(_fixture.Bus.Queue("plain/$DeadLetterQueue"));
        Assert.Equal(("p", "MaxDeliveryCountExceeded"), (dead!.MessageId, dead.DeadLetterReason));
        queue.DeadLetters!.Complete(dead.LockToken);
        Assert.Equal(0, queue.Counts.DeadLetter);
    }

    [Fact]
    public async Task A_receiver_of_dead_letters_sees_those_that_come_by_time_alone()
    {
        var queue = _fixture.Plain(new QueueSettings { MaxDeliveryCount = 1, LockDuration = TimeSpan.FromSeconds(30) });
        queue.Send(BusFixture.Message("poison"));
        await BusFixture.LockAsync(queue);
        var waiting = queue.DeadLetters!.PeekLockAsync(TimeSpan.FromMinutes(2), CancellationToken.None);
        await _fixture.UntilWaitingAsync();
        _fixture.Time.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal("poison", BusFixture.Text(await waiting.WaitAsync(BusFixture.Patience)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_expired_message_vanishes_or_dies(bool dies)
    {
        var queue = _fixture.Plain(new QueueSettings { DefaultMessageTimeToLive = TimeSpan.FromMinutes(2), DeadLetteringOnMessageExpiration = dies });
        queue.Send(BusFixture.Message("short") with { TimeToLive = TimeSpan.FromSeconds(10) }, BusFixture.Message("long") with { TimeToLive = TimeSpan.FromHours(1) });
        _fixture.Time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(new QueueCounts(1, 0, dies ? 1 : 0), queue.Counts);
        var held = await BusFixture.LockAsync(queue);
        Assert.Equal("long", BusFixture.Text(held));
        // The queue's own limit is the longest; a message under a lock outlives it until it is given back.
        _fixture.Time.Advance(TimeSpan.FromSeconds(50));
        queue.RenewLock(held!.LockToken);
        _fixture.Time.Advance(TimeSpan.FromSeconds(59));
        queue.RenewLock(held.LockToken);
        _fixture.Time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(1, queue.Counts.Active);
        queue.Abandon(held.LockToken);
        Assert.Equal(new QueueCounts(0, 0, dies ? 2 : 0), queue.Counts);
    }

    [Fact]
    public async Task A_scheduled_message_lives_from_its_time_on()
    {
        var queue = _fixture.Plain();
        queue.Send(BusFixture.Message("a") with { ScheduledEnqueueTime = _fixture.Time.Now.AddMinutes(5), TimeToLive = TimeSpan.FromMinutes(1) });
        _fixture.Time.Advance(TimeSpan.FromMinutes(5.5));
        Assert.Equal("a", await BusFixture.TakeAsync(queue));
    }

    [Fact]
    public async Task Duplicates_are_dropped_within_the_window_counted_from_the_first_send()
    {
        var queue = _fixture.Plain(new QueueSettings { RequiresDuplicateDetection = true });
        queue.Send(BusFixture.Message("first", id: "x") with { ScheduledEnqueueTime = _fixture.Time.Now.AddHours(1) });
        _fixture.Time.Advance(TimeSpan.FromMinutes(9));
        queue.Send(BusFixture.Message("second", id: "x"));
        Assert.Equal(new QueueCounts(0, 1, 0), queue.Counts);
        // The duplicate has not prolonged the window.
        _fixture.Time.Advance(TimeSpan.FromMinutes(1));
        queue.Send(BusFixture.Message("third", id: "x"));
        Assert.Equal("third", await BusFixture.TakeAsync(queue));
        queue.Send(BusFixture.Message("fourth", id: "x"));
        Assert.Equal("(none)", await BusFixture.TakeAsync(queue));
    }

    [Fact]
    public void Without_duplicate_detection_ids_may_repeat()
    {
        var queue = _fixture.Plain();
        queue.Send(BusFixture.Message("a", id: "x"), BusFixture.Message("b", id: "x"));
        Assert.Equal(2, queue.Counts.Active);
    }

    [Fact]
    public async Task What_a_queue_refuses()
    {
        var queue = _fixture.Plain();
        var sessions = _fixture.Sessions();
        Assert.Equal(400, Status(() => queue.Send(BusFixture.Message("a", id: new string('x', 129)))));
        Assert.Equal(400, Status(() => queue.Send(BusFixture.Message("a", session: "s") with { PartitionKey = "t" })));
        Assert.Equal(400, Status(() => queue.Send(BusFixture.Message("a") with { TimeToLive = TimeSpan.Zero })));
        Assert.Equal(400, Status(() => sessions.Send(BusFixture.Message("a", session: "s"), BusFixture.Message("b"))));
        Assert.Equal(403, Status(() => queue.Send(BusFixture.Message(new string('x', 256 * 1024), id: "i"))));
        Assert.Equal(403, Status(() => queue.Send(BusFixture.Message(new string('x', 150_000)), BusFixture.Message(new string('x', 150_000)))));
        Assert.Equal((0, 0), (queue.Counts.Active, sessions.Counts.Active));
        // Session ids on a queue without sessions are carried and mean nothing.
        queue.Send(BusFixture.Message("a", session: "s"));
        Assert.Equal("s", (await BusFixture.LockAsync(queue))!.SessionId);
        Assert.Equal(400, (await Assert.ThrowsAsync<BusException>(() => BusFixture.LockAsync(sessions))).Status);
        Assert.Equal(400, (await Assert.ThrowsAsync<BusException>(() => BusFixture.AcceptAsync(queue))).Status);
    }

    [Theory]
    [InlineData("work", true)]
    [InlineData("node-default-n1.example", true)]
    [InlineData("a/b", true)]
    [InlineData("", false)]
    [InlineData("-a", false)]
    [InlineData("a-", false)]
    [InlineData("a//b", false)]
    [InlineData("a b", false)]
    [InlineData("a%b", false)]
    public void Names_of_queues(string name, bool isValid)
    {
        if (isValid)
            Assert.Equal(name, _fixture.Bus.CreateQueue(name, new QueueSettings()).Name);
        else
            Assert.Equal(400, Status(() => _fixture.Bus.CreateQueue(name, new QueueSettings())));
    }

    [Fact]
    public async Task Queues_are_found_whatever_the_case_and_missed_when_gone()
    {
        var queue = _fixture.Plain();
        Assert.Same(queue, _fixture.Bus.Queue("PLAIN"));
        Assert.Equal(409, Status(() => _fixture.Bus.CreateQueue("Plain", new QueueSettings())));
        Assert.Equal(404, Status(() => _fixture.Bus.Queue("other")));
        var receive = queue.ReceiveAndDeleteAsync(TimeSpan.FromSeconds(60), CancellationToken.None);
        await _fixture.UntilWaitingAsync();
        Assert.True(_fixture.Bus.DeleteQueue("plain"));
        Assert.Equal(410, (await Assert.ThrowsAsync<BusException>(() => receive.WaitAsync(BusFixture.Patience))).Status);
        Assert.Equal(410, Status(() => _fixture.Bus.Queue("plain")));
        Assert.Equal(410, Status(() => queue.Send(BusFixture.Message("a"))));
        Assert.False(_fixture.Bus.DeleteQueue("plain"));
    }

    [Fact]
    public void A_queue_that_nobody_uses_goes()
    {
        var queue = _fixture.Plain(new QueueSettings { AutoDeleteOnIdle = TimeSpan.FromMinutes(5) });
        _fixture.Time.Advance(TimeSpan.FromMinutes(4));
        queue.Send(BusFixture.Message("a"));
        _fixture.Time.Advance(TimeSpan.FromMinutes(4));
        Assert.Equal(["plain"], _fixture.Bus.QueueNames);
        _fixture.Time.Advance(TimeSpan.FromMinutes(1));
        Assert.Empty(_fixture.Bus.QueueNames);
    }

    [Fact]
    public void Operations_are_counted_in_steps_of_64_KB()
    {
        var queue = _fixture.Plain();
        queue.Send(BusFixture.Message("small"));
        queue.Send(BusFixture.Message(new string('x', 65 * 1024)));
        queue.Send(BusFixture.Message("a"), BusFixture.Message("b"));
        Assert.Equal(4, _fixture.Bus.Meter.Count("plain", OperationKind.Send));
        Assert.Equal(4, _fixture.Bus.Meter.Total);
    }

    private static int Status(Action action) => Assert.Throws<BusException>(action).Status;
}
