namespace CloudPlane.Infra.Tests;

/// <summary>The checkout that the tests run from.</summary>
internal static class Repository
{
    public static string Root { get; } = Find();

    /// <summary>The text of a file, by its path from the root.</summary>
    public static string Read(string path) => File.ReadAllText(Path.Combine(Root, path));

    private static string Find()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(directory.FullName, "CloudPlane.sln")))
            directory = directory.Parent ?? throw new InvalidOperationException("the tests run outside the repository");
        return directory.FullName;
    }
}
