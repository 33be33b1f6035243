namespace CloudPlane.Doubles.Tests;

public sealed class MeterTests
{
    private readonly Clock _clock = new();

    [Fact]
    public void Short_executions_cost_a_second_and_long_ones_steps_of_a_tenth()
    {
        var meter = new ExecutionMeter(_clock);
        meter.Begin();
        _clock.Advance(3);
        meter.End();
        Assert.Equal((TimeSpan.FromMilliseconds(3), TimeSpan.FromMilliseconds(1000)), meter.Read());
        meter.Begin();
        _clock.Advance(1001);
        meter.End();
        Assert.Equal(TimeSpan.FromMilliseconds(1000 + 1100), meter.Read().Billed);
        Assert.Equal(2, meter.Executions);
    }

    [Fact]
    public void Executions_at_once_share_their_time()
    {
        var meter = new ExecutionMeter(_clock);
        meter.Begin();
        _clock.Advance(600);
        meter.Begin();
        _clock.Advance(600);
        meter.End();
        _clock.Advance(600);
        Assert.Equal(TimeSpan.FromMilliseconds(1800), meter.Read().Billed);
        meter.End();
        _clock.Advance(10_000);
        Assert.Equal((TimeSpan.FromMilliseconds(1800), TimeSpan.FromMilliseconds(1800)), meter.Read());
    }

    [Fact]
    public async Task A_report_has_each_group_with_its_memory()
    {
        await using var app = await RunningApp.StartAsync(o => o with { InstanceMemoryMB = 512 });
        await app.PidAsync();
        await Eventually.IsTrueAsync(() => app.Host.Instances.Single().Executions == 0 && app.Host.Meter.Groups[0].PeakMemoryMiB > 0, "the execution has ended");
        var meter = app.Host.Meter;
        Assert.Equal(["http", "function:Work", "function:Seed"], meter.Groups.Select(g => g.Group));
        var http = meter.Groups[0];
        Assert.Equal((1, 1), (http.Executions, http.Instances));
        Assert.True(http.BilledSeconds >= 1 && http.BilledSeconds >= http.ActiveSeconds);
        Assert.Equal(http.BilledSeconds / 2, http.GBSeconds, 6);
        Assert.Equal(0, meter.Groups[1].Executions);
        Assert.Equal(1, (long)meter.ToJson()["executions"]!);
    }

    /// <summary>Moves when told.</summary>
    private sealed class Clock : TimeProvider
    {
        private long _milliseconds;

        public override long TimestampFrequency => 1000;

        public override long GetTimestamp() => _milliseconds;

        public void Advance(int milliseconds) => _milliseconds += milliseconds;
    }
}
