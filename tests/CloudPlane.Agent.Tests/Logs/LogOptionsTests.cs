namespace CloudPlane.Agent.Tests;

public sealed class LogOptionsTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_query_is_read()
    {
        var options = LogOptions.Parse("?follow=true&previous=false&tailLines=0&sinceSeconds=60&timestamps=1&limitBytes=5&pretty=true", Now);
        Assert.Equal(new LogOptions { Follow = true, TailLines = 0, Since = Now.AddSeconds(-60), Timestamps = true, LimitBytes = 5 }, options);
        Assert.Equal(Now, LogOptions.Parse("sinceTime=2026-01-01T02%3A00%3A00%2B02%3A00", Now).Since);
        Assert.Equal(new LogOptions(), LogOptions.Parse("", Now));
    }

    [Theory]
    [InlineData("follow=maybe")]
    [InlineData("tailLines=-1")]
    [InlineData("tailLines=many")]
    [InlineData("limitBytes=0")]
    [InlineData("sinceSeconds=0")]
    [InlineData("sinceTime=yesterday")]
    public void A_wrong_value_is_refused_by_name(string query)
    {
        var e = Assert.Throws<LogUnavailableException>(() => LogOptions.Parse(query, Now));
        Assert.Equal(400, e.Code);
        Assert.Contains(query.Split('=')[0], e.Message);
    }
}
