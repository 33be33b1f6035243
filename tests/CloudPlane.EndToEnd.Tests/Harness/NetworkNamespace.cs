namespace CloudPlane.EndToEnd.Tests;

/// <summary>A network namespace of a test's own: stands for a machine. Deleting it takes its devices, routes and rules along.</summary>
public sealed class NetworkNamespace : IAsyncDisposable
{
    private NetworkNamespace(string name) => Name = name;

    /// <summary>Its name in /run/netns.</summary>
    public string Name { get; }

    /// <summary>Makes one, with loopback up and IP forwarding on.</summary>
    public static async Task<NetworkNamespace> CreateAsync(string name)
    {
        await ContainerdInstance.RunAsync("ip", "netns", "add", name);
        var space = new NetworkNamespace(name);
        await space.RunAsync("ip", "link", "set", "lo", "up");
        await space.RunAsync("sysctl", "-qw", "net.ipv4.ip_forward=1");
        return space;
    }

    /// <summary>Connects two with a cable. Addresses are like "10.9.0.1/24".</summary>
    public static async Task ConnectAsync(NetworkNamespace left, string leftAddress, NetworkNamespace right, string rightAddress)
    {
        var (a, b) = ($"to-{right.Name}", $"to-{left.Name}");
        await ContainerdInstance.RunAsync("ip", "link", "add", a, "netns", left.Name, "type", "veth", "peer", "name", b, "netns", right.Name);
        await left.AddressAsync(a, leftAddress);
        await right.AddressAsync(b, rightAddress);
    }

    /// <summary>Runs a program in it.</summary>
    public Task<string> RunAsync(string program, params string[] arguments) =>
        ContainerdInstance.RunAsync("ip", ["netns", "exec", Name, program, .. arguments]);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await ContainerdInstance.RunAsync("ip", "netns", "delete", Name);

    private async Task AddressAsync(string device, string address)
    {
        await RunAsync("ip", "address", "add", address, "dev", device);
        await RunAsync("ip", "link", "set", device, "up");
    }
}
