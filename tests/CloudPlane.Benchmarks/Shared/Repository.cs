using System.Diagnostics;

namespace CloudPlane.Benchmarks;

/// <summary>The checkout that the benchmarks run from.</summary>
internal static class Repository
{
    public static string Root { get; } = Find();

    /// <summary>Builds a program as <c>./up</c> does.</summary>
    public static void Publish(string project, string output)
    {
        using var publish = Process.Start(new ProcessStartInfo("dotnet", ["publish", Path.Combine(Root, project), "-c", "Release", "--use-current-runtime", "-o", output, "-nologo", "-v", "q"])
        {
            RedirectStandardOutput = true,
        })!;
        var text = publish.StandardOutput.ReadToEnd();
        publish.WaitForExit();
        if (publish.ExitCode != 0)
            throw new InvalidOperationException($"publishing {project} failed:\n{text}");
    }

    private static string Find()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(directory.FullName, "CloudPlane.sln")))
            directory = directory.Parent ?? throw new InvalidOperationException("the benchmarks run outside the repository");
        return directory.FullName;
    }
}
