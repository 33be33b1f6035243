namespace CloudPlane.Functions.Tests;

public sealed class ListenAddressesTests
{
    [Fact]
    public void One_or_several() =>
        Assert.Equal(["127.0.0.1:6443", "[::1]:7000"], ListenAddresses.Parse("127.0.0.1:6443, [::1]:7000").Select(a => a.ToString()));

    [Theory]
    [InlineData("")]
    [InlineData("localhost:6443")]
    [InlineData("127.0.0.1")]
    [InlineData("127.0.0.1:0")]
    [InlineData("127.0.0.1:99999")]
    [InlineData("127.0.0.1:6443,")]
    public void Anything_else_is_refused(string text) => Assert.Throws<SettingsException>(() => ListenAddresses.Parse(text));
}
