using CloudPlane.Client;

namespace CloudPlane.Agent;

/// <summary>Checks a hostPath volume against its type, with the kubelet's messages.</summary>
internal static class HostPaths
{
    private const UnixFileMode DirectoryMode = (UnixFileMode)0b111_101_101;
    private const UnixFileMode FileMode = (UnixFileMode)0b110_100_100;

    public static void SetUp(string volume, HostPathVolumeSource source)
    {
        var path = source.Path ?? "";
        var mode = Mode(path);
        switch (source.Type ?? "")
        {
            case "":
                break;
            case "DirectoryOrCreate":
                if (mode is null) Directory.CreateDirectory(path, DirectoryMode);
                else Expect(Directory.Exists(path), "is not a directory");
                break;
            case "Directory":
                Expect(Directory.Exists(path), "is not a directory");
                break;
            case "FileOrCreate":
                if (mode is null) Create(path);
                else Expect(File.Exists(path), "is not a file");
                break;
            case "File":
                Expect(File.Exists(path), "is not a file");
                break;
            case "Socket":
                Expect(mode == FileKind.Socket, "is not a socket file");
                break;
            case "CharDevice":
                Expect(mode == FileKind.CharacterDevice, "is not a character device");
                break;
            case "BlockDevice":
                Expect(mode == FileKind.BlockDevice, "is not a block device");
                break;
            default:
                throw new VolumeException(volume, $"hostPath type {source.Type} is not supported");
        }

        void Expect(bool holds, string message)
        {
            if (!holds) throw new VolumeException(volume, $"hostPath type check failed: {path} {message}");
        }
    }

    private static void Create(string path)
    {
        using (File.Create(path)) File.SetUnixFileMode(path, FileMode);
    }

    private enum FileKind { Other, Socket, CharacterDevice, BlockDevice }

    private static FileKind? Mode(string path)
    {
        if (!Path.Exists(path)) return null;
        // .NET has no portable way to ask; stat(1)'s %F is not worth a process, so the directories that know are asked.
        var real = Path.GetFullPath(path);
        if (File.ReadLines("/proc/net/unix").Any(l => l.EndsWith($" {real}", StringComparison.Ordinal))) return FileKind.Socket;
        if (!File.GetAttributes(path).HasFlag(FileAttributes.Device)) return FileKind.Other;
        return Directory.Exists($"/sys/class/block/{Path.GetFileName(real)}") ? FileKind.BlockDevice : FileKind.CharacterDevice;
    }
}
