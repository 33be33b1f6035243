namespace CloudPlane.Schema.Tests;

internal static class Repository
{
    /// <summary>The repository that the tests run in.</summary>
    public static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "CloudPlane.sln")))
            folder = folder.Parent ?? throw new DirectoryNotFoundException("the tests run outside the repository");
        return folder.FullName;
    }

    /// <summary>The folder of API facts: $CLOUDPLANE_REFERENCE, or shared/reference beside the repository; null when there is none.</summary>
    public static string? Reference() => new[]
    {
        Environment.GetEnvironmentVariable("CLOUDPLANE_REFERENCE"),
        Path.Combine(Root(), "..", "shared", "reference"),
    }.FirstOrDefault(folder => folder is not null && File.Exists(Path.Combine(folder, "types.json")));
}
