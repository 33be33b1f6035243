namespace CloudPlane.Schema.Tests;

public sealed class GoTimeTests
{
    [Theory]
    [InlineData("2025-01-02T03:04:05Z", false, "2025-01-02T03:04:05Z")]
    [InlineData("2025-01-02T03:04:05.123456789+01:30", false, "2025-01-02T01:34:05Z")]
    [InlineData("2025-01-02T03:04:05.678901Z", true, "2025-01-02T03:04:05.678901Z")]
    [InlineData("2025-01-02T03:04:05.000000-02:00", true, "2025-01-02T05:04:05.000000Z")]
    public void Canonical_form(string text, bool micro, string canonical) => Assert.Equal(canonical, GoTime.Canonical(text, micro, out _));

    [Theory]
    [InlineData("", false, """parsing time "" as "2006-01-02T15:04:05Z07:00": cannot parse "" as "2006" """)]
    [InlineData("2025-13-02T03:04:05Z", false, """parsing time "2025-13-02T03:04:05Z": month out of range""")]
    [InlineData("2025-02-30T03:04:05Z", false, """parsing time "2025-02-30T03:04:05Z": day out of range""")]
    [InlineData("2025-01-02 03:04:05Z", false, """parsing time "2025-01-02 03:04:05Z" as "2006-01-02T15:04:05Z07:00": cannot parse " 03:04:05Z" as "T" """)]
    [InlineData("2025-01-02T03:04:05", false, """parsing time "2025-01-02T03:04:05" as "2006-01-02T15:04:05Z07:00": cannot parse "" as "Z07:00" """)]
    [InlineData("2025-01-02T03:04:05Zz", false, """parsing time "2025-01-02T03:04:05Zz": extra text: "z" """)]
    [InlineData("2025-01-02T03:04:05Z", true, """parsing time "2025-01-02T03:04:05Z" as "2006-01-02T15:04:05.000000Z07:00": cannot parse "Z" as ".000000" """)]
    [InlineData("0000-01-01T00:00:00Z", false, """parsing time "0000-01-01T00:00:00Z": year out of range""")]
    public void Errors(string text, bool micro, string error)
    {
        Assert.Null(GoTime.Canonical(text, micro, out var actual));
        Assert.Equal(error.TrimEnd(), actual);
    }
}
