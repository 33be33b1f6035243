using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;

namespace CloudPlane.EndToEnd.Tests;

/// <summary>How the control plane runs.</summary>
public enum ControlPlaneForm
{
    /// <summary>One process of ours.</summary>
    Standalone,

    /// <summary>A function app on Azurite and the doubles.</summary>
    Cloud,
}

/// <summary>A cluster made by <c>./up</c> in a directory of its own, and stopped by <c>./up --stop</c>, as a user would.</summary>
public abstract class LocalCluster(int nodes, ControlPlaneForm form) : IAsyncLifetime
{
    /// <summary>Apart from the default, so that a developer's own cluster on this machine is left in peace.</summary>
    private const string PodCidr = "10.246.0.0/16";

    public string Data { get; } = Directory.CreateTempSubdirectory("cloudplane-e2e-").FullName;

    public int Port { get; } = FreePort();

    public int Nodes { get; } = nodes;

    public bool IsCloud { get; } = form == ControlPlaneForm.Cloud;

    /// <summary>The name of the process that has the API's port.</summary>
    public string ControlPlaneProcess => IsCloud ? "functions-host" : "control-plane";

    public string Server => $"https://127.0.0.1:{Port}";

    public string CaFile => Path.Combine(Data, "pki", "ca.crt");

    public static string Repository { get; } = FindRepository();

    /// <summary>The program of the control plane, as ./up built it.</summary>
    public static string ControlPlane => Path.Combine(Repository, "artifacts/bin/control-plane/cloudplane");

    public async Task InitializeAsync()
    {
        var result = await UpAsync("--no-demo", "--port", Port.ToString(), "--nodes", Nodes.ToString());
        if (result.ExitCode == 0)
            return;
        // xunit does not dispose a fixture that failed to start.
        await DisposeAsync();
        result.Require();
    }

    public async Task DisposeAsync()
    {
        await UpAsync("--stop");
        if (System.Environment.GetEnvironmentVariable("CLOUDPLANE_KEEP") is null)
            Directory.Delete(Data, recursive: true);
    }

    /// <summary>Runs <c>./up</c> for this cluster's directory.</summary>
    public Task<CommandResult> UpAsync(params string[] arguments) => Command.RunAsync(
        Path.Combine(Repository, "up"), ["--data", Data, .. IsCloud ? ["--cloud"] : Array.Empty<string>(), .. arguments],
        new Dictionary<string, string>(Environment) { ["CLOUDPLANE_POD_CIDR"] = PodCidr }, timeout: TimeSpan.FromMinutes(10));

    /// <summary>What ./up is told by its environment.</summary>
    protected virtual IReadOnlyDictionary<string, string> Environment => new Dictionary<string, string>();

    /// <summary>kubectl of a version ("1.27"; null for the machine's own) against this cluster as its administrator.</summary>
    public Task<CommandResult> KubectlAsync(string? version, IEnumerable<string> arguments, string? input = null, TimeSpan? timeout = null, string editor = "false") =>
        Command.RunAsync(Kubectl.Path(version), arguments, new Dictionary<string, string>
        {
            ["KUBE_EDITOR"] = editor,
            ["KUBECONFIG"] = Path.Combine(Data, "admin.kubeconfig"),
            ["KUBECACHEDIR"] = Path.Combine(Data, "kubectl-cache", version ?? "default"),
        }, input, timeout);

    /// <summary>kubectl with a command line split at spaces; its output when it succeeds.</summary>
    public async Task<string> RunAsync(string commandLine, string? input = null) =>
        (await KubectlAsync(null, commandLine.Split(' ', StringSplitOptions.RemoveEmptyEntries), input)).Require();

    /// <summary>A namespace for one test.</summary>
    public async Task<TestNamespace> NamespaceAsync([CallerMemberName] string test = "")
    {
        var name = $"{test.ToLowerInvariant().Replace('_', '-')}"[..Math.Min(test.Length, 40)].Trim('-') + "-" + Guid.NewGuid().ToString("n")[..5];
        (await KubectlAsync(null, ["create", "namespace", name])).Require();
        return new TestNamespace(this, name);
    }

    /// <summary>The pid of one of this cluster's processes ("control-plane", "agent-1", "containerd-1").</summary>
    public int Pid(string process) => int.Parse(File.ReadAllText(Path.Combine(Data, "run", process + ".pid")));

    /// <summary>kill -9.</summary>
    public async Task KillAsync(string process) => (await Command.RunAsync("kill", ["-KILL", Pid(process).ToString()])).Require();

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static string FindRepository()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(directory.FullName, "CloudPlane.sln")))
            directory = directory.Parent ?? throw new InvalidOperationException("the tests run outside the repository");
        return directory.FullName;
    }
}
