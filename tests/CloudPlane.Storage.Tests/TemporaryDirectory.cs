namespace CloudPlane.Storage.Tests;

/// <summary>A directory of its own, gone when the test ends.</summary>
internal sealed class TemporaryDirectory : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("storage-tests-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
