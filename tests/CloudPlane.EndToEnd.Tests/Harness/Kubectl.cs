namespace CloudPlane.EndToEnd.Tests;

/// <summary>Where the machine's kubectl versions are.</summary>
public static class Kubectl
{
    private static readonly string Own = Resolve(Find("kubectl") ?? throw new FileNotFoundException("this machine has no kubectl"));

    /// <summary>
    /// The oldest and the newest that are supported, where the machine has them beside its own, as kubectl.1.27; its own where it has neither. The
    /// tests run with each.
    /// </summary>
    public static TheoryData<string?> Versions()
    {
        var data = new TheoryData<string?>();
        foreach (var version in new[] { "1.27", "1.33" }.Where(version => File.Exists(Beside(version))))
            data.Add(version);
        if (data.Count == 0)
            data.Add(null);
        return data;
    }

    /// <summary>The program of a version, or the machine's own for null.</summary>
    public static string Path(string? version) => version is null ? Own : Beside(version);

    private static string Beside(string version) => System.IO.Path.Combine(System.IO.Path.GetDirectoryName(Own)!, $"kubectl.{version}");

    private static string? Find(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Select(folder => System.IO.Path.Combine(folder, program)).FirstOrDefault(File.Exists);

    private static string Resolve(string path) => File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path;
}
