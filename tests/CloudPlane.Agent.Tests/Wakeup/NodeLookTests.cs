using CloudPlane.Client;

namespace CloudPlane.Agent.Tests;

/// <summary>When a node looks by the clock, under one that only the test moves.</summary>
public sealed class NodeLookTests : IAsyncDisposable
{
    private static readonly TimeSpan Heartbeat = TimeSpan.FromMinutes(5);

    private readonly ManualTime _time = new();
    private readonly FakeApi _api = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly NodeLook _look;
    private readonly Task _running;

    public NodeLookTests()
    {
        var client = new ApiClient(_api);
        _look = new NodeLook(
            new ListCache<Node>(client, new ListOptions()), new ListCache<Service>(client, new ListOptions()), new ListCache<Pod>(client, new ListOptions()),
            new LookPeriods(TimeSpan.FromHours(2), TimeSpan.FromMinutes(2), Heartbeat), _time, new Random(1), new AgentLog(TextWriter.Null, _time, verbose: false));
        _running = _look.RunAsync(_stop.Token);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    [Fact]
    public async Task Seldom_while_bells_are_heard()
    {
        await LooksAsync(1);
        _time.Advance(TimeSpan.FromMinutes(89));
        await LooksAsync(1);
        _time.Advance(TimeSpan.FromMinutes(31) + Heartbeat);
        await LooksAsync(2);
    }

    [Fact]
    public async Task At_a_heartbeat_when_the_control_plane_is_awake_anyway()
    {
        await LooksAsync(1);
        while (Looks() == 1)
        {
            _time.Advance(Heartbeat - TimeSpan.FromSeconds(1));
            await LooksAsync(1);
            _time.Advance(TimeSpan.FromSeconds(1));
            await WakeupFixture.UntilAsync(() => _time.Waiting > 0, "it waits");
            await Task.Delay(20);
        }

        await LooksAsync(2);
        Assert.InRange(_time.Now, new DateTimeOffset(2026, 1, 1, 1, 30, 0, TimeSpan.Zero), new DateTimeOffset(2026, 1, 1, 2, 5, 0, TimeSpan.Zero));
    }

    [Fact]
    public async Task Often_while_they_are_not_and_at_once_when_they_are_again()
    {
        await LooksAsync(1);
        _look.Hears(false);
        await LooksAsync(1);
        _time.Advance(TimeSpan.FromMinutes(2));
        await LooksAsync(2);
        _time.Advance(TimeSpan.FromMinutes(2));
        await LooksAsync(3);
        _look.Hears(true);
        await LooksAsync(4);
        _look.Hears(true);
        _time.Advance(TimeSpan.FromMinutes(89));
        await LooksAsync(4);
    }

    /// <summary>Waits until it waits for the clock, having looked at everything so often.</summary>
    private async Task LooksAsync(int times)
    {
        await WakeupFixture.UntilAsync(() => Looks() >= times && _time.Waiting > 0, $"look {times}");
        // A look too many would come now.
        await Task.Delay(50);
        await WakeupFixture.UntilAsync(() => _time.Waiting > 0, "it waits");
        Assert.Equal(times, Looks());
    }

    private int Looks() => _api.CountCalls("GET /api/v1/pods");
}
