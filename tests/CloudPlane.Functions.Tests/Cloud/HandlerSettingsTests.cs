namespace CloudPlane.Functions.Tests;

public class HandlerSettingsTests
{
    private static readonly Dictionary<string, string> Right = new()
    {
        ["FUNCTIONS_CUSTOMHANDLER_PORT"] = "7071",
        ["CLOUDPLANE_TABLES_ENDPOINT"] = "http://127.0.0.1:10002/devstoreaccount1",
        ["CLOUDPLANE_TABLES_KEY"] = "devstoreaccount1:c2VjcmV0",
        ["CLOUDPLANE_BUS_ENDPOINT"] = "https://ns.servicebus.windows.net",
        ["CLOUDPLANE_BUS_KEY"] = "root:secret-of-the-bus",
        ["CLOUDPLANE_SIGNING_KEY"] = Convert.ToBase64String(new byte[32]),
        ["CLOUDPLANE_PUBLIC_URL"] = "https://app.azurewebsites.net",
    };

    [Fact]
    public void What_is_set_is_read_and_the_rest_has_defaults()
    {
        var settings = HandlerSettings.Read(Right.GetValueOrDefault);
        Assert.Equal((7071, TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(12)), (settings.Port, settings.Heartbeat, settings.NodeGrace));
        Assert.Equal("root", settings.BusKey!.Rule);
        Assert.Equal("10.244.0.0/16", settings.PodNetwork.ToString());
        Assert.DoesNotContain("secret-of-the-bus", settings.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("c2VjcmV0", settings.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("FUNCTIONS_CUSTOMHANDLER_PORT", null)]
    [InlineData("FUNCTIONS_CUSTOMHANDLER_PORT", "http")]
    [InlineData("CLOUDPLANE_TABLES_ENDPOINT", null)]
    [InlineData("CLOUDPLANE_TABLES_ENDPOINT", "tables")]
    [InlineData("CLOUDPLANE_TABLES_KEY", "c2VjcmV0")]
    [InlineData("CLOUDPLANE_BUS_ENDPOINT", null)]
    [InlineData("CLOUDPLANE_BUS_ENDPOINT", "sb://ns")]
    [InlineData("CLOUDPLANE_BUS_KEY", "c2VjcmV0")]
    [InlineData("CLOUDPLANE_SIGNING_KEY", null)]
    [InlineData("CLOUDPLANE_SIGNING_KEY", "c2VjcmV0")]
    [InlineData("CLOUDPLANE_PUBLIC_URL", null)]
    [InlineData("CLOUDPLANE_HEARTBEAT", "soon")]
    [InlineData("CLOUDPLANE_HEARTBEAT", "3h")]
    [InlineData("CLOUDPLANE_NODE_GRACE", "1m")]
    [InlineData("CLOUDPLANE_POD_CIDR", "10.244.0.0/24")]
    [InlineData("CLOUDPLANE_POD_CIDR", "fd00::/16")]
    public void A_missing_or_wrong_setting_is_told_by_its_name_and_no_secret_is_repeated(string name, string? value)
    {
        var wrong = Assert.Throws<SettingsException>(() => HandlerSettings.Read(key => key == name ? value : Right.GetValueOrDefault(key)));
        Assert.Contains(name, wrong.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("c2VjcmV0", wrong.Message, StringComparison.Ordinal);
    }
}
