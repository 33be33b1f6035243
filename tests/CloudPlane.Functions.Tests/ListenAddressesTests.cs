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

    [Fact]
    public void All_addresses_are_reached_here_by_loopback_and_from_elsewhere_by_one_of_the_machine_s()
    {
        var all = ListenAddresses.Parse("0.0.0.0:6443")[0];
        Assert.Equal("127.0.0.1:6443", ListenAddresses.Here(all).ToString());
        Assert.Equal("[::1]:6443", ListenAddresses.Here(ListenAddresses.Parse("[::]:6443")[0]).ToString());
        Assert.DoesNotContain("0.0.0.0", ListenAddresses.Outward(all)?.ToString() ?? "");
        Assert.Null(ListenAddresses.Outward(ListenAddresses.Parse("127.0.0.1:6443")[0]));
        Assert.Contains("127.0.0.1", ServerNames.For([all], []));
        Assert.Contains("api.example", ServerNames.For([all], ["api.example"]));
        Assert.DoesNotContain("0.0.0.0", ServerNames.For([all], []));
    }
}
