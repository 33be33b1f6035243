using YamlDotNet.RepresentationModel;

namespace CloudPlane.Infra.Tests;

/// <summary>azure.yaml finds what it is about: the template, the project to publish, the app to bring it to.</summary>
[Collection(BicepCollection.Name)]
public sealed class AzdTests(BicepFiles files)
{
    private readonly YamlMappingNode _azd = Load();

    [Fact]
    public void The_service_is_the_app_of_the_template()
    {
        var service = Assert.Single(((YamlMappingNode)_azd["services"]).Children);
        var tags = BicepValue.Source(files.Module("app").Resource("Microsoft.Web/sites").Body["tags"]!);
        Assert.Contains($"'azd-service-name': '{service.Key}'", tags, StringComparison.Ordinal);
        Assert.Equal("function", Text(service.Value, "host"));
        Assert.Equal("custom", Text(service.Value, "language"));
        Assert.Equal("environmentName", (string)files.Main.Variables["tags"]["azd-env-name"]!["code"]!);
    }

    [Fact]
    public void What_is_brought_there_is_what_the_hook_publishes()
    {
        var service = ((YamlMappingNode)_azd["services"]).Children.Single().Value;
        var command = Text(service["hooks"]["prepackage"], "run").Split(' ');
        Assert.Equal(["dotnet", "publish"], command[..2]);
        Assert.True(Directory.Exists(Path.Combine(Repository.Root, command[2])));
        Assert.Equal(Text(service, "dist"), command[Array.IndexOf(command, "-o") + 1]);
        Assert.Equal(".", Text(service, "project"));
    }

    [Theory]
    // azd up asks for the template's parameters before preprovision, azd provision has no preup.
    [InlineData("preup")]
    [InlineData("preprovision")]
    public void The_secret_is_made_before_the_template_asks_for_it(string hook) =>
        Assert.Contains("azd env set CLOUDPLANE_SIGNING_KEY", Text(_azd["hooks"][hook], "run"), StringComparison.Ordinal);

    [Fact]
    public void The_template_is_there() =>
        Assert.True(File.Exists(Path.Combine(Repository.Root, Text(_azd["infra"], "path"), $"{Text(_azd["infra"], "module")}.bicep")));

    private static string Text(YamlNode node, string key) => ((YamlScalarNode)node[key]).Value!;

    private static YamlMappingNode Load()
    {
        var yaml = new YamlStream();
        yaml.Load(new StringReader(Repository.Read("azure.yaml")));
        return (YamlMappingNode)yaml.Documents.Single().RootNode;
    }
}
