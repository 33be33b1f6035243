using System.ComponentModel;
using System.Runtime.InteropServices;

namespace CloudPlane.Agent;

/// <summary>What volumes need of the operating system beyond files.</summary>
internal interface IMounter
{
    /// <summary>Mounts a tmpfs, once; <paramref name="sizeBytes"/> null for the kernel's default (half the memory).</summary>
    void MountTmpfs(string path, long? sizeBytes);

    /// <summary>Unmounts whatever is mounted there or below, deepest first.</summary>
    void UnmountAll(string path);

    /// <summary>Sets a file's group.</summary>
    void SetGroup(string path, long group);

    /// <summary>rename(2), also of a link to a directory, which File.Move refuses: replaces the target in one step.</summary>
    void Rename(string from, string to);
}

/// <summary>The Linux system calls.</summary>
internal sealed partial class LinuxMounter : IMounter
{
    private const int DetachFlag = 2;
    private const int NoSuchMount = 22;

    public void MountTmpfs(string path, long? sizeBytes)
    {
        if (Mounts().Contains(path)) return;
        var data = sizeBytes is { } size ? $"size={size}" : null;
        if (Mount("tmpfs", path, "tmpfs", 0, data) != 0) throw Error($"mounting a tmpfs on {path}");
    }

    public void UnmountAll(string path)
    {
        var prefix = path + "/";
        foreach (var mount in Mounts().Where(m => m == path || m.StartsWith(prefix, StringComparison.Ordinal))
            .OrderByDescending(m => m.Length))
            if (Unmount(mount, DetachFlag) != 0 && Marshal.GetLastPInvokeError() != NoSuchMount) throw Error($"unmounting {mount}");
    }

    public void SetGroup(string path, long group)
    {
        // -1 leaves the owner as it is.
        if (ChangeOwner(path, uint.MaxValue, (uint)group) != 0) throw Error($"changing the group of {path}");
    }

    public void Rename(string from, string to)
    {
        if (RenameFile(from, to) != 0) throw Error($"renaming {from} to {to}");
    }

    private static IEnumerable<string> Mounts()
    {
        foreach (var line in File.ReadLines("/proc/self/mountinfo"))
        {
            // The fifth field, with blanks and the like in octal.
            var fields = line.Split(' ', 6);
            if (fields.Length > 5) yield return fields[4].Replace("\\040", " ", StringComparison.Ordinal);
        }
    }

    private static IOException Error(string what) => new($"{what}: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}");

    [LibraryImport("libc", EntryPoint = "mount", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Mount(string source, string target, string type, ulong flags, string? data);

    [LibraryImport("libc", EntryPoint = "umount2", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Unmount(string target, int flags);

    [LibraryImport("libc", EntryPoint = "rename", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int RenameFile(string from, string to);

    [LibraryImport("libc", EntryPoint = "lchown", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int ChangeOwner(string path, uint owner, uint group);
}
