using System.Diagnostics;

namespace CloudPlane.Tests.Shared;

/// <summary>
/// The function app as <c>dotnet publish</c> makes it, in artifacts/: made once for all test projects of a run, and anew when a source has
/// changed since.
/// </summary>
internal static class PublishedApp
{
    private const string Project = "functions/CloudPlane.Functions";

    private static readonly TimeSpan LongestPublish = TimeSpan.FromMinutes(8);
    private static readonly TimeSpan BetweenTries = TimeSpan.FromMilliseconds(200);

    /// <summary>The folder of the app for tests, which do not wait the two minutes that it takes to compile the framework once more.</summary>
    /// <exception cref="InvalidOperationException">It can't be published; with what dotnet said.</exception>
    public static Task<string> FindAsync() => FindAsync("test-app", "-p:PublishReadyToRunComposite=false");

    /// <summary>The folder of the app as it is deployed, to measure it.</summary>
    /// <exception cref="InvalidOperationException">It can't be published; with what dotnet said.</exception>
    public static Task<string> FindDeployedAsync() => FindAsync("benchmark-app");

    /// <summary>Whoever comes second waits until it is there.</summary>
    private static async Task<string> FindAsync(string name, params string[] properties)
    {
        var repository = FindRepository();
        var folder = Path.Combine(repository, "artifacts", name);
        var stamp = $"{folder}.stamp";
        Directory.CreateDirectory(Path.GetDirectoryName(folder)!);
        using var turn = await LockAsync($"{folder}.lock");
        // The time before: what is changed while it is published counts as newer.
        var now = DateTime.UtcNow;
        if (File.Exists(stamp) && File.GetLastWriteTimeUtc(stamp) > Sources(repository).Max(File.GetLastWriteTimeUtc))
            return folder;
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
        await PublishAsync(repository, folder, properties);
        await File.WriteAllTextAsync(stamp, "");
        File.SetLastWriteTimeUtc(stamp, now);
        return folder;
    }

    private static async Task PublishAsync(string repository, string folder, string[] properties)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            WorkingDirectory = repository,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            // No build server outlives the tests, or keeps their pipes open.
            ArgumentList = { "publish", Project, "-c", "Release", "-o", folder, "-v", "q", "-nologo", "-nodeReuse:false", "-p:UseSharedCompilation=false" },
        };
        foreach (var property in properties)
            start.ArgumentList.Add(property);
        // Those of the dotnet that runs these tests would mislead the one that builds.
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase)).ToList())
            start.Environment.Remove(name);
        using var process = Process.Start(start)!;
        var output = Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        try
        {
            await process.WaitForExitAsync().WaitAsync(LongestPublish);
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }

        if (process.ExitCode != 0)
            throw new InvalidOperationException($"dotnet publish {Project} failed:\n{string.Join('\n', await output)}");
    }

    /// <summary>Another process may be publishing.</summary>
    private static async Task<FileStream> LockAsync(string file)
    {
        for (var start = Stopwatch.GetTimestamp(); ;)
        {
            try
            {
                return new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (Stopwatch.GetElapsedTime(start) < LongestPublish)
            {
                await Task.Delay(BetweenTries);
            }
        }
    }

    private static IEnumerable<string> Sources(string repository)
    {
        string[] folders = ["functions", "node-agent"];
        string[] files = ["host.json", "global.json", "Directory.Build.props", "Directory.Packages.props"];
        return folders
            .SelectMany(folder => Directory.EnumerateFiles(Path.Combine(repository, folder), "*", SearchOption.AllDirectories))
            .Where(file => !file.Contains("/obj/", StringComparison.Ordinal) && !file.Contains("/bin/", StringComparison.Ordinal))
            .Concat(files.Select(file => Path.Combine(repository, file)));
    }

    private static string FindRepository()
    {
        for (var directory = AppContext.BaseDirectory; directory is not null; directory = Path.GetDirectoryName(directory))
        {
            if (File.Exists(Path.Combine(directory, "CloudPlane.sln")))
                return directory;
        }

        throw new InvalidOperationException($"{AppContext.BaseDirectory} is in no checkout of the repository");
    }
}
