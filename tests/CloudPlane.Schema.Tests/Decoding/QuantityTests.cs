namespace CloudPlane.Schema.Tests;

public sealed class QuantityTests
{
    [Theory]
    [InlineData("1000m", "1")]
    [InlineData("0.5", "500m")]
    [InlineData("1024Mi", "1Gi")]
    [InlineData("1500Mi", "1500Mi")]
    [InlineData("100", "100")]
    [InlineData("1000", "1k")]
    [InlineData("1100", "1100")]
    [InlineData("1000000", "1M")]
    [InlineData("1023Ki", "1023Ki")]
    [InlineData("512Ki", "512Ki")]
    [InlineData("0.5Gi", "512Mi")]
    [InlineData("0.1Gi", "107374182400m")]
    [InlineData("1e3", "1e3")]
    [InlineData("12E2", "1200")]
    [InlineData("1E", "1E")]
    [InlineData("0", "0")]
    [InlineData("0Gi", "0")]
    [InlineData("-0.5", "-500m")]
    [InlineData("+1", "1")]
    [InlineData(".5", "500m")]
    [InlineData("5.", "5")]
    [InlineData("0.0000000001", "1n")]
    [InlineData("1e-3", "1e-3")]
    [InlineData("1u", "1u")]
    [InlineData("100000E", "9223372036854775807")]
    [InlineData("1e999999", "9223372036854775807")]
    [InlineData("0.5Ki", "512")]
    public void Canonical_form(string text, string canonical)
    {
        Assert.True(Quantity.TryParse(text, out var quantity, out _));
        Assert.Equal(canonical, quantity.ToString());
        Assert.True(Quantity.TryParse(canonical, out var again, out _));
        Assert.Equal(0, quantity.CompareTo(again));
    }

    [Theory]
    [InlineData("", "quantities must match")]
    [InlineData("abc", "quantities must match")]
    [InlineData("1 Gi", "quantities must match")]
    [InlineData("1K", "unable to parse quantity's suffix")]
    [InlineData("1Kii", "unable to parse quantity's suffix")]
    [InlineData("1.2.3", "unable to parse numeric part")]
    [InlineData("Ki", "unable to parse numeric part")]
    public void Errors(string text, string error)
    {
        Assert.False(Quantity.TryParse(text, out _, out var actual));
        Assert.StartsWith(error, actual, StringComparison.Ordinal);
    }
}
