using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace CloudPlane.Agent;

/// <summary>Reads the facts of this machine out of /proc, /sys and the cgroup it was given.</summary>
internal static class HostReader
{
    public static NodeFacts Read(AgentOptions options) => new()
    {
        NodeIp = options.NodeIp ?? RouteAddress(options.Server) ?? "127.0.0.1",
        Hostname = options.NodeName,
        Architecture = RuntimeInformation.OSArchitecture switch
        {
            Architecture.X64 => "amd64",
            Architecture.Arm64 => "arm64",
            var other =>
            other.ToString().ToLowerInvariant()
        },
        KernelVersion = Text("/proc/sys/kernel/osrelease"),
        OsImage = OsImage(),
        MachineId = Text("/etc/machine-id"),
        SystemUuid = Text("/sys/class/dmi/id/product_uuid") is { Length: > 0 } uuid ? uuid : Text("/etc/machine-id"),
        BootId = Text("/proc/sys/kernel/random/boot_id"),
        MilliCpu = MilliCpu(),
        MemoryBytes = Math.Min(MemTotal(), MemoryLimit()),
        StorageBytes = Storage(options.DataDirectory),
        MaxPods = options.MaxPods,
    };

    /// <summary>Of memory, what programs could still have, in bytes.</summary>
    public static long MemoryAvailable() => MemInfo("MemAvailable:");

    /// <summary>The free part of the file system of a directory, 0 to 1.</summary>
    public static double FreeStorage(string directory)
    {
        var drive = new DriveInfo(directory);
        return drive.TotalSize == 0 ? 1 : (double)drive.AvailableFreeSpace / drive.TotalSize;
    }

    /// <summary>How many more processes the kernel allows, 0 to 1.</summary>
    public static double FreePids()
    {
        var running = Text("/proc/loadavg").Split(' ') is { Length: > 3 } load && load[3].Split('/') is [_, var total] &&
            long.TryParse(total, out var count) ? count : 0;
        return long.TryParse(Text("/proc/sys/kernel/pid_max"), out var maximum) && maximum > 0 ? 1 - (double)running / maximum : 1;
    }

    /// <summary>The address from which packets to the server leave; no packet is sent for it.</summary>
    private static string? RouteAddress(Uri server)
    {
        try
        {
            var address = IPAddress.TryParse(server.Host.Trim('[', ']'), out var literal)
                ? literal : Dns.GetHostAddresses(server.Host).FirstOrDefault();
            if (address is null) return null;
            // Loopback says nothing about where other nodes find this one: then the way to anywhere does.
            if (IPAddress.IsLoopback(address)) address = IPAddress.Parse("192.0.2.1");
            using var socket = new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            socket.Connect(address, 9);
            return ((IPEndPoint)socket.LocalEndPoint!).Address.ToString();
        }
        catch (SocketException)
        {
            return null;
        }
    }

    private static long MilliCpu()
    {
        var online = Environment.ProcessorCount * 1000L;
        var quota = Quota();
        return quota is > 0 && quota < online ? quota.Value : online;
    }

    private static long? Quota()
    {
        // v2: "max 100000" or "50000 100000"; v1: two files.
        var max = Text("/sys/fs/cgroup/cpu.max").Split(' ');
        if (max.Length == 2) return long.TryParse(max[0], out var limit) && long.TryParse(max[1], out var period)
            ? limit * 1000 / period : null;
        return long.TryParse(Text("/sys/fs/cgroup/cpu/cpu.cfs_quota_us"), out var quota) && quota > 0 &&
            long.TryParse(Text("/sys/fs/cgroup/cpu/cpu.cfs_period_us"), out var each) ? quota * 1000 / each : null;
    }

    private static long MemTotal() => MemInfo("MemTotal:");

    private static long MemInfo(string field)
    {
        foreach (var line in File.ReadLines("/proc/meminfo"))
            if (line.StartsWith(field, StringComparison.Ordinal))
                return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024;
        return 0;
    }

    private static long MemoryLimit() =>
        long.TryParse(Text("/sys/fs/cgroup/memory.max"), out var limit) ||
            long.TryParse(Text("/sys/fs/cgroup/memory/memory.limit_in_bytes"), out limit) ? limit : long.MaxValue;

    private static long Storage(string directory)
    {
        Directory.CreateDirectory(directory);
        return new DriveInfo(directory).TotalSize;
    }

    private static string OsImage()
    {
        const string Key = "PRETTY_NAME=";
        try
        {
            return File.ReadLines("/etc/os-release")
                .FirstOrDefault(l => l.StartsWith(Key, StringComparison.Ordinal))?[Key.Length..].Trim('"') ?? "Linux";
        }
        catch (IOException)
        {
            return "Linux";
        }
    }

    private static string Text(string path)
    {
        try
        {
            return File.ReadAllText(path).Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
