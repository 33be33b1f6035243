namespace CloudPlane.EndToEnd.Tests;

/// <summary>A namespace that goes away with everything in it when the test ends.</summary>
public sealed class TestNamespace(LocalCluster cluster, string name) : IAsyncDisposable
{
    public string Name { get; } = name;

    public LocalCluster Cluster { get; } = cluster;

    /// <summary>kubectl in this namespace, of a version or the machine's own.</summary>
    public async Task<string> KubectlAsync(string commandLine, string? input = null, string? version = null) =>
        (await TryKubectlAsync(commandLine, input, version)).Require();

    /// <summary>The same, with its exit code.</summary>
    public Task<CommandResult> TryKubectlAsync(string commandLine, string? input = null, string? version = null) =>
        Cluster.KubectlAsync(version, ["-n", Name, .. CommandLine.Split(commandLine)], input);

    /// <summary>kubectl edit, with a sed expression for an editor.</summary>
    public async Task<string> EditAsync(string? version, string what, string expression) =>
        (await Cluster.KubectlAsync(version, ["-n", Name, "edit", .. what.Split(' ')], editor: $"sed -i '{expression}'")).Require();

    /// <summary>Applies a manifest.</summary>
    public Task<string> ApplyAsync(string manifest) => KubectlAsync("apply -f -", manifest);

    /// <summary>One value by JSONPath, "" when absent or when the object does not exist.</summary>
    public async Task<string> ValueAsync(string what, string jsonPath)
    {
        var result = await Cluster.KubectlAsync(null, ["-n", Name, "get", .. what.Split(' '), "--ignore-not-found", "-o", $"jsonpath={jsonPath}"]);
        return result.Require().Trim();
    }

    /// <summary>Waits until the value at a JSONPath is the expected one.</summary>
    public Task<string> UntilAsync(string what, string jsonPath, string expected, int seconds = 120) =>
        UntilAsync(what, jsonPath, value => value == expected, $"{what} {jsonPath} is {expected}", seconds);

    /// <summary>Waits until the value at a JSONPath satisfies.</summary>
    public Task<string> UntilAsync(string what, string jsonPath, Func<string, bool> condition, string description, int seconds = 120) =>
        Eventually.SatisfiesAsync(() => ValueAsync(what, jsonPath), condition, description, seconds);

    /// <summary>Waits until the namespace's Events say all of it: they come after what they tell of.</summary>
    public Task EventsTellAsync(params string[] texts) => Eventually.SatisfiesAsync(
        () => KubectlAsync("get events"), seen => texts.All(text => seen.Contains(text, StringComparison.Ordinal)), $"events tell: {string.Join(", ", texts)}");

    public async ValueTask DisposeAsync() =>
        (await Cluster.KubectlAsync(null, ["delete", "namespace", Name, "--wait=true", "--timeout=120s"], timeout: TimeSpan.FromSeconds(140))).Require();
}
