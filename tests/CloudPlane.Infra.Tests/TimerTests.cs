using CloudPlane.Functions;

namespace CloudPlane.Infra.Tests;

/// <summary>The slow timer fires as often as the code behind it counts on.</summary>
public class TimerTests
{
    [Fact]
    public void Seed_fires_at_multiples_of_its_period()
    {
        var timer = Assert.Single(FunctionFiles.Triggers, trigger => (string)trigger["type"]! == "timerTrigger");
        Assert.Equal($"0 */{SeedFunction.Period.TotalMinutes} * * * *", (string)timer["schedule"]!);
    }
}
