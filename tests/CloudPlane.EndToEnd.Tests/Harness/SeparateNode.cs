using System.Diagnostics;

namespace CloudPlane.EndToEnd.Tests;

/// <summary>A node that <c>./up</c> knows nothing of: an agent with a containerd of its own in a network namespace, joined by hand.</summary>
public sealed class SeparateNode : IAsyncDisposable
{
    private const string HostAddress = "10.97.0.1";
    private const string Address = "10.97.0.2";

    private readonly string _directory = Directory.CreateTempSubdirectory("cpn").FullName;
    private readonly string _link;
    private readonly string _name;
    private NetworkNamespace? _space;
    private ContainerdInstance? _containerd;
    private Process? _agent;

    private SeparateNode(string name) => (_name, _link) = (name, $"cpn{Environment.ProcessId}");

    private static string Program => Path.Combine(LocalCluster.Repository, "artifacts/bin/agent/cloudplane-node");

    /// <summary>What the agent printed.</summary>
    public string LogFile => Path.Combine(_directory, "agent.log");

    /// <summary>Joins a cluster.</summary>
    /// <param name="server">With the cluster's path.</param>
    /// <param name="environment">Beside the agent's own.</param>
    public static async Task<SeparateNode> JoinAsync(string name, string server, string caFile, string token, IReadOnlyDictionary<string, string> environment)
    {
        var node = new SeparateNode(name);
        try
        {
            await node.WireAsync();
            node._containerd = await ContainerdInstance.StartAsync(Path.Combine(node._directory, "c"), node._link);
            node.Start(server, caFile, token, environment);
            return node;
        }
        catch
        {
            await node.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_agent is not null)
        {
            await Command.RunAsync("kill", ["-TERM", $"{_agent.Id}"]);
            await _agent.WaitForExitAsync();
            await Command.RunAsync("nsenter", [$"--net=/run/netns/{_link}", Program, "reset", .. Flags()]);
            _agent.Dispose();
        }

        if (_containerd is not null)
            await _containerd.DisposeAsync();
        // The cable goes with it.
        if (_space is not null)
            await _space.DisposeAsync();
        await Command.RunAsync("sh", ["-c", $"awk -v p='{_directory}/' 'index($2, p) == 1 {{ print $2 }}' /proc/self/mounts | sort -r | xargs -r -n 1 umount -l"]);
        Directory.Delete(_directory, recursive: true);
    }

    /// <summary>A cable to this machine, which is the way to everything else.</summary>
    private async Task WireAsync()
    {
        _space = await NetworkNamespace.CreateAsync(_link);
        await ContainerdInstance.RunAsync("ip", "link", "add", _link, "type", "veth", "peer", "name", "eth0", "netns", _link);
        await ContainerdInstance.RunAsync("ip", "address", "add", $"{HostAddress}/24", "dev", _link);
        await ContainerdInstance.RunAsync("ip", "link", "set", _link, "up");
        await _space.RunAsync("ip", "address", "add", $"{Address}/24", "dev", "eth0");
        await _space.RunAsync("ip", "link", "set", "eth0", "up");
        await _space.RunAsync("ip", "route", "add", "default", "via", HostAddress);
    }

    private void Start(string server, string caFile, string token, IReadOnlyDictionary<string, string> environment)
    {
        string[] run = ["run", "--server", server, "--ca", caFile, "--node-ip", Address, .. Flags()];
        // A shell redirects the output to a file, so that the agent never waits for us to read it.
        var start = new ProcessStartInfo("/bin/sh")
        {
            ArgumentList = { "-c", $"exec nsenter --net=/run/netns/{_link} {Program} {string.Join(' ', run)} >>'{LogFile}' 2>&1" },
        };
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        start.Environment["CLOUDPLANE_TOKEN"] = token;
        _agent = Process.Start(start)!;
    }

    private string[] Flags() =>
    [
        "--name", _name, "--data", Path.Combine(_directory, "d"), "--containerd", _containerd!.Socket, "--cni-conf-dir", _containerd.CniConfDirectory, "--bridge", "cloudplane0",
    ];
}
