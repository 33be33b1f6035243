using System.Text.RegularExpressions;

namespace CloudPlane.Infra.Tests;

/// <summary>Names that are made for resources are such as Azure takes.</summary>
[Collection(BicepCollection.Name)]
public sealed class NameTests(BicepFiles files)
{
    // uniqueString gives 13 lower case letters and digits.
    private static readonly Dictionary<string, string> Filled = new() { ["token"] = "abcdefghijk23", ["environmentName"] = new string('e', 32) };

    [Theory]
    [InlineData("storage", "name", "^[a-z0-9]{3,24}$")]
    // These endings are reserved.
    [InlineData("bus", "name", "^[a-zA-Z](?!.*(-sb|-mgmt)$)[a-zA-Z0-9-]{4,48}[a-zA-Z0-9]$")]
    [InlineData("vault", "name", "^[a-zA-Z](?!.*--)[a-zA-Z0-9-]{1,22}[a-zA-Z0-9]$")]
    [InlineData("identity", "name", "^[a-zA-Z0-9][a-zA-Z0-9_-]{2,127}$")]
    [InlineData("monitoring", "workspaceName", "^[a-zA-Z0-9][a-zA-Z0-9-]{2,61}[a-zA-Z0-9]$")]
    [InlineData("monitoring", "insightsName", "^[a-zA-Z0-9._()-]{1,259}[a-zA-Z0-9_()-]$")]
    [InlineData("app", "planName", "^[a-zA-Z0-9-]{1,60}$")]
    public void A_name_conforms(string module, string parameter, string rule)
    {
        var name = BicepValue.Evaluate(files.Main.Modules[module].Arguments[parameter]!, Filled);
        Assert.NotNull(name);
        Assert.Matches(new Regex(rule), name);
        // So that several deployments don't meet.
        Assert.Contains(Filled["token"], name, StringComparison.Ordinal);
    }

    [Fact]
    public void The_app_s_name_tells_it_from_others_by_the_characters_that_the_host_looks_at()
    {
        Assert.Equal("empty(appName) ? 'cloudplane-${token}' : appName", BicepValue.Source(files.Main.Modules["app"].Arguments["name"]!));
        Assert.Matches("^[a-z0-9-]{2,32}$", $"cloudplane-{Filled["token"]}");
        Assert.Equal(32, (int)files.Main.Parameters["appName"].Decorations["maxLength"]!);
    }

    [Fact]
    public void The_group_s_and_the_container_s_names_conform()
    {
        Assert.Matches(@"^[a-zA-Z0-9_().-]{0,89}[a-zA-Z0-9_()-]$", BicepValue.Evaluate(files.Main.Resource("Microsoft.Resources/resourceGroups").Body["name"]!, Filled)!);
        Assert.Matches("^[a-z0-9](?!.*--)[a-z0-9-]{1,61}[a-z0-9]$", (string)files.Module("storage").Variables["packages"]!);
    }
}
