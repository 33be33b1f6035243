using System.Collections.Concurrent;

namespace CloudPlane.Agent.Tests;

/// <summary>Records instead of mounting.</summary>
internal sealed class FakeMounter : IMounter
{
    public ConcurrentDictionary<string, long?> Tmpfs { get; } = new();
    public ConcurrentDictionary<string, long> Groups { get; } = new();

    /// <summary>Called before each mount: a secret's content has been read by then.</summary>
    public Action? Before { get; set; }

    public void MountTmpfs(string path, long? sizeBytes)
    {
        Before?.Invoke();
        Tmpfs[path] = sizeBytes;
    }

    public void UnmountAll(string path)
    {
        foreach (var mount in Tmpfs.Keys.Where(m => m.StartsWith(path, StringComparison.Ordinal))) Tmpfs.TryRemove(mount, out _);
    }

    public void Rename(string from, string to) => new LinuxMounter().Rename(from, to);

    public void SetGroup(string path, long group) => Groups[path] = group;
}
