using System.Globalization;

namespace CloudPlane.Agent;

/// <summary>A file of a projected volume: path below the volume, content, permission bits.</summary>
internal sealed record VolumeFile(string Path, ReadOnlyMemory<byte> Content, int Mode);

/// <summary>
/// Writes a volume's files so that a container sees either all old or all new ones: each set goes into a directory of its own,
/// and one rename moves the link ..data to it (the kubelet's AtomicWriter, whose layout programs rely on).
/// </summary>
internal sealed class AtomicWriter(IMounter mounter)
{
    private const string DataLink = "..data";
    private const string NewDataLink = "..data_tmp";

    /// <summary>True when something changed.</summary>
    public bool Write(string target, IReadOnlyList<VolumeFile> files, long? group, DateTimeOffset now)
    {
        var data = Path.Combine(target, DataLink);
        var old = new FileInfo(data).LinkTarget;
        if (old is not null && Same(Path.Combine(target, old), files)) return false;

        var name = NewName(target, now);
        var directory = Path.Combine(target, name);
        foreach (var file in files) WriteFile(directory, file, group);
        Directory.CreateDirectory(directory);
        SetDirectory(directory, group);
        File.Delete(Path.Combine(target, NewDataLink));
        File.CreateSymbolicLink(Path.Combine(target, NewDataLink), name);
        mounter.Rename(Path.Combine(target, NewDataLink), data);
        LinkNames(target, files);
        if (old is not null) Directory.Delete(Path.Combine(target, old), recursive: true);
        return true;
    }

    private void WriteFile(string directory, VolumeFile file, long? group)
    {
        var path = Path.Combine(directory, file.Path);
        var parent = Path.GetDirectoryName(path)!;
        Directory.CreateDirectory(parent);
        if (parent != directory) SetDirectory(parent, group);
        File.WriteAllBytes(path, file.Content.Span);
        if (group is { } id) mounter.SetGroup(path, id);
        File.SetUnixFileMode(path, (UnixFileMode)(group is null ? file.Mode : file.Mode | 0b100_100_000));
    }

    private void SetDirectory(string path, long? group)
    {
        if (group is { } id) mounter.SetGroup(path, id);
        File.SetUnixFileMode(path, (UnixFileMode)0b111_101_101);
    }

    /// <summary>The names that containers see are links through ..data; those of files that are gone are removed.</summary>
    private static void LinkNames(string target, IReadOnlyList<VolumeFile> files)
    {
        var wanted = files.Select(f => f.Path.Split('/')[0]).ToHashSet();
        foreach (var name in wanted)
        {
            var link = new FileInfo(Path.Combine(target, name));
            if (link.LinkTarget is null) File.CreateSymbolicLink(link.FullName, $"{DataLink}/{name}");
        }
        foreach (var entry in new DirectoryInfo(target).EnumerateFileSystemInfos())
            if (!entry.Name.StartsWith("..", StringComparison.Ordinal) && !wanted.Contains(entry.Name) && entry.LinkTarget is not null)
                entry.Delete();
    }

    private static bool Same(string directory, IReadOnlyList<VolumeFile> files)
    {
        if (!Directory.Exists(directory)) return false;
        if (Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories).Count() != files.Count) return false;
        foreach (var file in files)
        {
            var path = Path.Combine(directory, file.Path);
            if (!File.Exists(path) || !File.ReadAllBytes(path).AsSpan().SequenceEqual(file.Content.Span)) return false;
        }
        return true;
    }

    private static string NewName(string target, DateTimeOffset now)
    {
        for (var i = 0; ; i++)
        {
            var name = $"..{now.UtcDateTime.ToString("yyyy_MM_dd_HH_mm_ss", CultureInfo.InvariantCulture)}.{now.UtcTicks % TimeSpan.TicksPerSecond + i}";
            if (!Directory.Exists(Path.Combine(target, name))) return name;
        }
    }
}
