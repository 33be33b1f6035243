using CloudPlane.Generator;

namespace CloudPlane.Client.Tests;

public sealed class GeneratedModelsTests
{
    [Fact]
    public void What_is_checked_in_is_what_the_generator_writes()
    {
        var repository = RepositoryRoot.Find(AppContext.BaseDirectory);
        var files = ModelsCommand.Generate(File.ReadAllBytes(Path.Combine(repository, ModelsCommand.CatalogFile)));
        var folder = Path.Combine(repository, ModelsCommand.OutputFolder);

        Assert.Equal(files.Keys.Order(), Directory.EnumerateFiles(folder).Select(f => Path.GetFileName(f)!).Order());
        foreach (var (name, text) in files) Assert.Equal(text, File.ReadAllText(Path.Combine(folder, name)));
    }
}
