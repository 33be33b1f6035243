using System.Diagnostics;

namespace CloudPlane.EndToEnd.Tests;

/// <summary>
/// A containerd of a test's own, with everything below one directory: <c>infra/containerd-config.sh</c> configures it as it does for
/// <c>./up</c>, and <c>infra/containerd-cleanup.sh</c> takes away whatever it made. Also compiled into other test projects.
/// </summary>
public sealed class ContainerdInstance : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly string? _networkNamespace;
    private Process? _daemon;

    private ContainerdInstance(string root, string? networkNamespace)
    {
        Root = root;
        _networkNamespace = networkNamespace;
    }

    /// <summary>The directory of all its files. Keep it short: sockets live below it.</summary>
    public string Root { get; }

    /// <summary>The socket of CRI and of containerd's own API.</summary>
    public string Socket => Path.Combine(Root, "containerd.sock");

    /// <summary>Where it looks for the network's configuration (*.conflist).</summary>
    public string CniConfDirectory => Path.Combine(Root, "cni", "net.d");

    /// <summary>What it printed.</summary>
    public string LogFile => Path.Combine(Root, "containerd.log");

    /// <summary>The directory of CloudPlane.sln.</summary>
    public static string RepositoryRoot { get; } = FindRepositoryRoot();

    /// <summary>Starts one in a fresh directory, with the images pause, hello and busybox of infra/images.</summary>
    /// <param name="root">A directory that does not exist yet, e.g. /tmp/cri-12345.</param>
    /// <param name="networkNamespace">The network namespace to run in, by its name in /run/netns; null for the current one.</param>
    /// <param name="images">Whether to import the images.</param>
    public static async Task<ContainerdInstance> StartAsync(string root, string? networkNamespace = null, bool images = true)
    {
        var instance = new ContainerdInstance(root, networkNamespace);
        Directory.CreateDirectory(instance.CniConfDirectory);
        await File.WriteAllTextAsync(Path.Combine(root, "config.toml"), await RunAsync(Script("containerd-config.sh"), root));
        try
        {
            await instance.StartDaemonAsync();
            if (images)
                await instance.ImportAllAsync();
            return instance;
        }
        catch
        {
            await instance.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts the daemon (again) and waits until it answers.</summary>
    public async Task StartDaemonAsync()
    {
        var enter = _networkNamespace is null ? "" : $"nsenter --net=/run/netns/{_networkNamespace} ";
        // A shell redirects the output to a file, so that the daemon never waits for us to read it.
        var start = new ProcessStartInfo("/bin/sh")
        {
            ArgumentList = { "-c", $"echo $$ >'{Root}/containerd.pid'; exec {enter}containerd --config '{Root}/config.toml' >>'{LogFile}' 2>&1" },
        };
        _daemon = Process.Start(start) ?? throw new InvalidOperationException("containerd did not start");
        var until = Stopwatch.StartNew();
        while (!await AnswersAsync())
        {
            if (_daemon.HasExited || until.Elapsed > Patience)
                throw new InvalidOperationException($"containerd does not answer:\n{await File.ReadAllTextAsync(LogFile)}");
            await Task.Delay(20);
        }
    }

    /// <summary>Ends the daemon with SIGTERM. Containers go on.</summary>
    public Task StopDaemonAsync() => EndDaemonAsync("TERM");

    /// <summary>Ends the daemon with SIGKILL. Containers go on.</summary>
    public Task KillDaemonAsync() => EndDaemonAsync("KILL");

    /// <summary>Imports an image archive.</summary>
    public Task ImportAsync(string archive) => CtrAsync("images", "import", archive);

    /// <summary>Runs ctr in the namespace of CRI's containers and gives its output.</summary>
    public Task<string> CtrAsync(params string[] arguments) => RunAsync("ctr", ["--address", Socket, "--namespace", "k8s.io", .. arguments]);

    /// <summary>Runs a program and gives its standard output.</summary>
    /// <exception cref="InvalidOperationException">It failed; the message has what it printed.</exception>
    public static async Task<string> RunAsync(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        using var process = Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start");
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0
            ? await output
            : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)}: exit code {process.ExitCode}\n{await output}{await errors}");
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await RunAsync(Script("containerd-cleanup.sh"), Root);
        _daemon?.Dispose();
    }

    private async Task ImportAllAsync()
    {
        var archives = Path.Combine(Root, "images");
        await RunAsync(Script("images/build-all.sh"), archives);
        foreach (var archive in Directory.GetFiles(archives, "*.tar"))
            await ImportAsync(archive);
    }

    private async Task EndDaemonAsync(string signal)
    {
        await RunAsync("kill", $"-{signal}", $"{_daemon!.Id}");
        await _daemon.WaitForExitAsync();
    }

    private async Task<bool> AnswersAsync()
    {
        if (!File.Exists(Socket))
            return false;
        try
        {
            await RunAsync("ctr", "--address", Socket, "--connect-timeout", "1s", "version");
            return true;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    private static string Script(string name) => Path.Combine(RepositoryRoot, "infra", name);

    private static string FindRepositoryRoot()
    {
        var directory = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(directory, "CloudPlane.sln")))
            directory = Path.GetDirectoryName(directory) ?? throw new InvalidOperationException($"no CloudPlane.sln above {AppContext.BaseDirectory}");
        return directory;
    }
}
