namespace CloudPlane.Generator;

/// <summary>Finds the repository that a program runs in.</summary>
public static class RepositoryRoot
{
    /// <summary>The nearest folder at or above <paramref name="start"/> that holds the solution.</summary>
    /// <exception cref="DirectoryNotFoundException">There is none.</exception>
    public static string Find(string start)
    {
        for (var folder = new DirectoryInfo(start); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "CloudPlane.sln"))) return folder.FullName;
        throw new DirectoryNotFoundException($"no CloudPlane.sln at or above {start}");
    }
}
