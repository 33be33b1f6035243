namespace CloudPlane.Functions.Tests;

public class SeedFunctionTests
{
    [Theory]
    [InlineData("2026-01-01T06:00:00Z", true)]
    [InlineData("2026-01-01T05:59:59.990Z", true)]
    [InlineData("2026-01-01T06:00:04Z", true)]
    [InlineData("2026-01-01T06:30:00Z", false)]
    [InlineData("2026-01-01T06:29:59.990Z", false)]
    [InlineData("2026-01-01T07:30:01Z", false)]
    [InlineData("2026-01-01T12:00:00Z", true)]
    public void Every_twelfth_run_is_full_whether_the_timer_is_early_or_late(string time, bool full) =>
        Assert.Equal(full, SeedFunction.IsFull(DateTimeOffset.Parse(time, System.Globalization.CultureInfo.InvariantCulture)));
}
