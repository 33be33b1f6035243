namespace CloudPlane.Client.Tests;

public sealed class IntOrStringTests
{
    [Theory]
    [InlineData("25%", 10, true, 3)]
    [InlineData("25%", 10, false, 2)]
    [InlineData("100%", 7, true, 7)]
    [InlineData("0%", 7, true, 0)]
    [InlineData("1%", 1, true, 1)]
    public void Percentages_scale(string text, int total, bool up, int expected) => Assert.Equal(expected, new IntOrString(text).Scaled(total, up));

    [Fact]
    public void Numbers_stay() => Assert.Equal(3, new IntOrString(3).Scaled(100, true));

    [Theory]
    [InlineData("http")]
    [InlineData("%")]
    [InlineData("")]
    public void Other_texts_are_refused(string text) => Assert.Throws<FormatException>(() => new IntOrString(text).Scaled(1, true));
}
