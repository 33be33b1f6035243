using System.Text.RegularExpressions;

namespace CloudPlane.Infra.Tests;

/// <summary>What is written about the cloud form names things that are there.</summary>
[Collection(BicepCollection.Name)]
public sealed partial class DocumentTests(BicepFiles files)
{
    [Theory]
    [InlineData("docs/cloud.md")]
    [InlineData("infra/README.md")]
    public void Files_that_are_named_exist(string document)
    {
        var named = NamedFile().Matches(Repository.Read(document)).Select(match => match.Groups["path"].Value).Distinct().ToList();
        // Paths in the text are the repository's, or shorter where they are the control plane's.
        string[] roots = ["", "functions/CloudPlane.Functions/", "functions/"];
        Assert.NotEmpty(named);
        Assert.All(named, path => Assert.Contains(roots, root => Path.Exists(Path.Combine(Repository.Root, root, path))));
    }

    [Fact]
    public void The_modules_and_what_they_are_reached_by_are_told()
    {
        var text = Repository.Read("infra/README.md");
        // A module is told by its file's name.
        Assert.All(files.Main.Modules.Values, module => Assert.Contains($"| `{Path.GetFileNameWithoutExtension(module.Path)}` |", text, StringComparison.Ordinal));
        Assert.Contains($" -c {files.Module("storage").Variables["packages"]} ", text, StringComparison.Ordinal);
        Assert.Contains($"group={BicepValue.Source(files.Main.Resource("Microsoft.Resources/resourceGroups").Body["name"]!).Replace("${environmentName}", "$AZURE_ENV_NAME")}", text, StringComparison.Ordinal);
    }

    [GeneratedRegex(@"`(?<path>(functions|node-agent|tests|infra|Cloud|CloudPlane\.\w+)/[\w./-]+)`")]
    private static partial Regex NamedFile();
}
