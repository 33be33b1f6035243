using System.Diagnostics;
using System.Text.Json.Nodes;

namespace CloudPlane.Infra.Tests;

/// <summary>All Bicep files of the repository as describe.mjs tells them, parsed once for all tests, by their paths from infra/.</summary>
public sealed class BicepFiles : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly SortedDictionary<string, BicepFile> _files = new(StringComparer.Ordinal);

    /// <summary>What is deployed.</summary>
    internal BicepFile Main => _files["main.bicep"];

    internal IReadOnlyDictionary<string, BicepFile> All => _files;

    /// <summary>The file that a module of main.bicep names.</summary>
    internal BicepFile Module(string symbol) => _files[Main.Modules[symbol].Path];

    /// <inheritdoc/>
    public async Task InitializeAsync()
    {
        var infra = Path.Combine(Repository.Root, "infra");
        var paths = Directory.GetFiles(infra, "*.bicep", SearchOption.AllDirectories);
        foreach (var (path, file) in JsonNode.Parse(await DescribeAsync(paths))!.AsObject())
            _files[Path.GetRelativePath(infra, path)] = new BicepFile(file!.AsObject());
    }

    /// <inheritdoc/>
    public Task DisposeAsync() => Task.CompletedTask;

    private static async Task<string> DescribeAsync(string[] paths)
    {
        // From the sources, where npm ci has put the grammar.
        var folder = Path.Combine(Repository.Root, "tests/CloudPlane.Infra.Tests");
        var start = new ProcessStartInfo("node", ["describe.mjs", .. paths]) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        using var node = Process.Start(start)!;
        using var limit = new CancellationTokenSource(Patience);
        try
        {
            var error = node.StandardError.ReadToEndAsync(limit.Token);
            var output = await node.StandardOutput.ReadToEndAsync(limit.Token);
            await node.WaitForExitAsync(limit.Token);
            return node.ExitCode == 0 ? output : throw new InvalidOperationException($"describe.mjs failed; has npm ci been run in {folder}?\n{await error}");
        }
        finally
        {
            if (!node.HasExited)
                node.Kill();
        }
    }
}

/// <summary>Lets all classes of this collection share one run of the parser.</summary>
[CollectionDefinition(Name)]
public sealed class BicepCollection : ICollectionFixture<BicepFiles>
{
    internal const string Name = "bicep";
}
