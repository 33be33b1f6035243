namespace CloudPlane.EndToEnd.Tests;

/// <summary>Where the machine's kubectl versions are.</summary>
public static class Kubectl
{
    /// <summary>The oldest and the newest that the machine has beside its own; the tests run with both.</summary>
    public static TheoryData<string> Versions()
    {
        var data = new TheoryData<string>();
        foreach (var version in new[] { "1.27", "1.33" })
            data.Add(version);
        return data;
    }

    /// <summary>The program of a version, or the machine's own for null.</summary>
    public static string Path(string? version)
    {
        var own = Resolve("/usr/bin/kubectl");
        if (version is null)
            return own;
        var path = System.IO.Path.Combine(System.IO.Path.GetDirectoryName(own)!, "kubectl." + version);
        return File.Exists(path) ? path : throw new FileNotFoundException($"this machine has no kubectl {version}", path);
    }

    private static string Resolve(string path) => File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path;
}
