using FsCheck;
using FsCheck.Fluent;

namespace CloudPlane.Client.Tests;

public sealed class QuantityTests
{
    [Theory]
    [InlineData("0", "0")]
    [InlineData("0.5", "500m")]
    [InlineData("1000m", "1")]
    [InlineData("1500m", "1500m")]
    [InlineData("1.5Gi", "1536Mi")]
    [InlineData("1024Mi", "1Gi")]
    [InlineData("1000Ki", "1000Ki")]
    [InlineData("512", "512")]
    [InlineData("1000000", "1M")]
    [InlineData("1e3", "1e3")]
    [InlineData("12E6", "12e6")]
    [InlineData("1E", "1E")]
    [InlineData("2Ei", "2Ei")]
    [InlineData("100n", "100n")]
    [InlineData("0.1n", "1n")]
    [InlineData("-1.5", "-1500m")]
    [InlineData("+3", "3")]
    [InlineData(".5", "500m")]
    [InlineData("5.", "5")]
    [InlineData("0.1Ki", "102400m")]
    [InlineData("1Ki", "1Ki")]
    [InlineData("100Ei", "9223372036854775807")]
    [InlineData("123456789012345678901234567890", "9223372036854775807")]
    [InlineData("1e-3", "1e-3")]
    public void The_canonical_form(string text, string canonical) => Assert.Equal(canonical, Quantity.Parse(text).ToString());

    [Theory]
    [InlineData("")]
    [InlineData("-")]
    [InlineData(".")]
    [InlineData("Mi")]
    [InlineData("1 Gi")]
    [InlineData("1gi")]
    [InlineData("1.2.3")]
    [InlineData("1e")]
    [InlineData("1e1.5")]
    [InlineData("1K")]
    [InlineData("0x10")]
    [InlineData("１")]
    public void What_is_no_quantity(string text)
    {
        Assert.False(Quantity.TryParse(text, out _));
        Assert.Throws<FormatException>(() => Quantity.Parse(text));
    }

    [Fact]
    public void Rounding_is_up()
    {
        Assert.Equal(1, Quantity.Parse("100m").Value);
        Assert.Equal(101, Quantity.Parse("100.1m").MilliValue);
        Assert.Equal(0, Quantity.Parse("-100m").Value);
    }

    [Fact]
    public void Arithmetic_is_exact_and_keeps_the_format()
    {
        Assert.Equal("300m", (Quantity.Parse("0.1") + Quantity.Parse("0.2")).ToString());
        Assert.Equal("1Gi", (Quantity.Parse("2Gi") - Quantity.Parse("1024Mi")).ToString());
        Assert.Equal("1Gi", (Quantity.Zero + Quantity.Parse("1Gi")).ToString());
        Assert.True(Quantity.Parse("1Gi") > Quantity.Parse("1G"));
        Assert.Equal(Quantity.Parse("1k"), Quantity.Parse("1000"));
    }

    [Fact]
    public void The_canonical_form_is_the_same_quantity() =>
        Prop.ForAll<long, int>((number, choice) =>
        {
            string[] suffixes = ["", "n", "u", "m", "k", "M", "G", "T", "P", "Ki", "Mi", "Gi", "Ti", "e3", "e-6"];
            var text = (number / 1000) + "." + Math.Abs(number % 1000) + suffixes[Math.Abs((long)choice) % suffixes.Length];
            var quantity = Quantity.Parse(text);
            var again = Quantity.Parse(quantity.ToString());
            return quantity == again && again.ToString() == quantity.ToString();
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Any_text_is_a_quantity_or_not_but_never_an_exception() =>
        Prop.ForAll<string>(text => Quantity.TryParse(text ?? "", out _) || true).QuickCheckThrowOnFailure();
}
