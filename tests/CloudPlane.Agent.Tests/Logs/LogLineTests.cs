using System.Text;
using FsCheck;
using FsCheck.Fluent;

namespace CloudPlane.Agent.Tests;

public sealed class LogLineTests
{
    [Theory]
    [InlineData("2016-10-06T00:17:09.669794202Z stdout F hello world\n", "hello world\n", false)]
    [InlineData("2016-10-06T00:17:09.669794202Z stderr P part\n", "part", true)]
    [InlineData("2016-10-06T00:17:09.669794202Z stdout P:x part\n", "part", true)]
    [InlineData("2016-10-06T00:17:09.669794202+02:00 stdout F \n", "\n", false)]
    [InlineData("2016-10-06T00:17:09Z stdout F cut", "cut", false)]
    public void A_line_has_a_message(string line, string message, bool partial)
    {
        Assert.True(LogLine.TryParse(Encoding.UTF8.GetBytes(line), out var parsed));
        Assert.Equal((message, partial), (Encoding.UTF8.GetString(parsed.Message), parsed.IsPartial));
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n")]
    [InlineData("hello world\n")]
    [InlineData("2016-10-06T00:17:09.669794202Z\n")]
    [InlineData("2016-10-06T00:17:09.669794202Z stdin F x\n")]
    [InlineData("2016-10-06T00:17:09.669794202Z stdout\n")]
    [InlineData("2016-10-06T00:17:09.669794202Z stdout  x\n")]
    public void Anything_else_is_none(string line) => Assert.False(LogLine.TryParse(Encoding.UTF8.GetBytes(line), out _));

    [Fact]
    public void No_bytes_crash_it() => Prop.ForAll<byte[]>(bytes => { LogLine.TryParse(bytes, out _); }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData("2016-10-06T00:17:09.669794202Z", "2016-10-06T00:17:09.669794202Z ")]
    [InlineData("2016-10-06T00:17:09.5Z", "2016-10-06T00:17:09.500000000Z ")]
    [InlineData("2016-10-06T00:17:09Z", "2016-10-06T00:17:09.000000000Z ")]
    [InlineData("2016-10-06T00:17:09.25+02:00", "2016-10-06T00:17:09.250000000+02:00 ")]
    public void A_time_is_shown_with_nine_digits(string written, string shown)
    {
        Assert.True(LogLine.TryParse(Encoding.UTF8.GetBytes(written + " stdout F x\n"), out var line));
        var text = new byte[LogLine.MaxTimestamp];
        Assert.Equal(shown, Encoding.UTF8.GetString(text, 0, line.FormatTimestamp(text)));
    }

    [Fact]
    public void A_time_is_compared_across_zones()
    {
        Assert.True(LogLine.TryParse("2016-10-06T02:17:09.669794202+02:00 stdout F x\n"u8, out var line));
        Assert.False(line.IsBefore(new DateTimeOffset(2016, 10, 6, 0, 17, 9, TimeSpan.Zero)));
        Assert.True(line.IsBefore(new DateTimeOffset(2016, 10, 6, 0, 17, 10, TimeSpan.Zero)));
    }
}
