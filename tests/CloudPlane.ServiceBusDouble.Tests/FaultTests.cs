namespace CloudPlane.Doubles.Tests;

public sealed class FaultTests
{
    private readonly BusFixture _fixture = new();

    [Fact]
    public void The_same_seed_makes_the_same_faults()
    {
        Assert.Equal(Run(7), Run(7));

        static List<string> Run(int seed)
        {
            var fixture = new BusFixture(seed);
            var queue = fixture.Plain();
            fixture.Bus.Faults.LoseRate = fixture.Bus.Faults.DuplicateRate = fixture.Bus.Faults.ReorderRate = 0.2;
            for (var i = 0; i < 100; i++)
                queue.Send(BusFixture.Message($"{i}"));
            return [.. queue.Peek().Select(BusFixture.Text)];
        }
    }

    [Fact]
    public void Messages_are_lost_or_doubled_or_change_places()
    {
        var queue = _fixture.Plain();
        _fixture.Bus.Faults.LoseRate = 1;
        queue.Send(BusFixture.Message("a"));
        _fixture.Bus.Faults.Clear();
        queue.Send(BusFixture.Message("b"));
        _fixture.Bus.Faults.DuplicateRate = 1;
        queue.Send(BusFixture.Message("c"));
        _fixture.Bus.Faults.Clear();
        _fixture.Bus.Faults.ReorderRate = 1;
        queue.Send(BusFixture.Message("d"));
        Assert.Equal(["b", "c", "d", "c"], queue.Peek().Select(BusFixture.Text));
    }

    [Fact]
    public async Task Messages_are_delayed()
    {
        var queue = _fixture.Plain();
        _fixture.Bus.Faults.DelayRate = 1;
        queue.Send(BusFixture.Message("a"));
        Assert.Equal("(none)", await BusFixture.TakeAsync(queue));
        _fixture.Time.Advance(_fixture.Bus.Faults.MaxDelay);
        Assert.Equal("a", await BusFixture.TakeAsync(queue));
    }

    [Fact]
    public async Task Who_waits_learns_that_the_bus_went_away()
    {
        var queue = _fixture.Sessions();
        var accept = queue.AcceptNextSessionAsync(TimeSpan.FromMinutes(1), CancellationToken.None);
        await _fixture.UntilWaitingAsync();
        _fixture.Bus.Faults.Away = true;
        Assert.Equal(503, (await Assert.ThrowsAsync<BusException>(() => accept.WaitAsync(BusFixture.Patience))).Status);
        Assert.Equal(503, Assert.Throws<BusException>(() => queue.Send(BusFixture.Message("a", "s"))).Status);
        _fixture.Bus.Faults.Away = false;
        queue.Send(BusFixture.Message("a", "s"));
        Assert.NotNull(await BusFixture.AcceptAsync(queue));
    }
}
