using System.Text.RegularExpressions;

namespace CloudPlane.Infra.Tests;

/// <summary>No file has a secret, and none gets out of a deployment.</summary>
[Collection(BicepCollection.Name)]
public sealed partial class SecretTests(BicepFiles files)
{
    [Fact]
    public void No_file_that_is_deployed_or_deployed_with_has_anything_that_looks_like_a_secret()
    {
        string[] paths =
        [
            .. Directory.GetFiles(Path.Combine(Repository.Root, "infra"), "*", SearchOption.AllDirectories),
            .. Directory.GetFiles(Path.Combine(Repository.Root, "functions/CloudPlane.Functions/Triggers"), "*", SearchOption.AllDirectories),
            Path.Combine(Repository.Root, "azure.yaml"), Path.Combine(Repository.Root, "host.json"),
        ];
        Assert.All(paths, path => Assert.DoesNotMatch(Secret(), File.ReadAllText(path)));
    }

    [Fact]
    public void What_is_secret_is_declared_so_everywhere_on_its_way_and_has_no_default() => Assert.All(files.All.Values, file =>
    {
        var secure = file.Parameters.Where(parameter => parameter.Value.Decorations.ContainsKey("secure")).ToList();
        Assert.Equal(file.Parameters.Keys.Where(name => name.StartsWith("signingKey", StringComparison.Ordinal)).Order(), secure.Select(parameter => parameter.Key).Order());
        Assert.All(secure, parameter => Assert.Null(parameter.Value.Default));
        // Outputs stay readable in the history of deployments.
        Assert.All(file.Outputs.Values, output => Assert.All(secure, parameter => Assert.DoesNotContain(parameter.Key, Words().Matches(BicepValue.Source(output.Value)).Select(word => word.Value))));
    });

    [Fact]
    public void Azd_keeps_its_environments_where_git_does_not_look() =>
        Assert.Contains(".azure/", Repository.Read(".gitignore").Split('\n'));

    // Keys of Azure and of ours are base64 of 32 bytes or more; ids of roles have dashes, and integrity sums are not in these folders.
    [GeneratedRegex(@"[A-Za-z0-9+]{40,}={1,2}|AccountKey=\w|SharedAccessKey=\w|sig=\w|-----BEGIN|\beyJ[A-Za-z0-9_-]{10,}\.")]
    private static partial Regex Secret();

    [GeneratedRegex(@"\w+")]
    private static partial Regex Words();
}
