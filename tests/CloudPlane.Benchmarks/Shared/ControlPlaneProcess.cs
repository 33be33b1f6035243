using System.Diagnostics;
using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace CloudPlane.Benchmarks;

/// <summary>A control plane of its own: the published program, a directory that goes away, a free port.</summary>
internal sealed class ControlPlaneProcess : IDisposable
{
    private readonly string _program;
    private Process? _process;

    private ControlPlaneProcess(string program, string data) => (_program, Data, Port) = (program, data, Loopback.FreePort());

    public string Data { get; }

    public int Port { get; }

    public int Pid => _process!.Id;

    /// <summary>Publishes the program and makes the directory; starts nothing yet.</summary>
    public static ControlPlaneProcess Prepare()
    {
        var output = Path.Combine(Repository.Root, "artifacts/bin/control-plane");
        Repository.Publish("functions/CloudPlane.Functions", output);
        return new ControlPlaneProcess(Path.Combine(output, "cloudplane"), Directory.CreateTempSubdirectory("cloudplane-bench-").FullName);
    }

    /// <summary>Executes it; returns at once.</summary>
    public void Start()
    {
        var start = new ProcessStartInfo(_program, ["serve", "--data", Data, "--listen", $"127.0.0.1:{Port}"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        _process = Process.Start(start)!;
        _process.OutputDataReceived += static (_, _) => { };
        _process.ErrorDataReceived += static (_, e) => { if (e.Data is not null) Console.Error.WriteLine(e.Data); };
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>Waits for the first good answer to <c>/readyz</c>.</summary>
    public async Task WaitUntilReadyAsync()
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                using var client = Client();
                using var response = await client.GetAsync("/readyz");
                if (response.IsSuccessStatusCode)
                    return;
            }
            catch (Exception e) when (e is HttpRequestException or IOException && clock.Elapsed < TimeSpan.FromSeconds(30))
            {
                await Task.Delay(20);
            }
        }
    }

    /// <summary>As the administrator. HTTP/2, as kubectl and client-go speak it, unless told otherwise.</summary>
    public HttpClient Client(bool http1 = false)
    {
        var pki = Path.Combine(Data, "pki");
        if (!File.Exists(Path.Combine(pki, "admin.crt")))
            throw new HttpRequestException("no credentials yet");
        var handler = new SocketsHttpHandler
        {
            EnableMultipleHttp2Connections = true,
            SslOptions = new SslClientAuthenticationOptions
            {
                ClientCertificates = [X509Certificate2.CreateFromPemFile(Path.Combine(pki, "admin.crt"), Path.Combine(pki, "admin.key"))],
                RemoteCertificateValidationCallback = static (_, _, _, _) => true,
            },
        };
        return new HttpClient(handler)
        {
            BaseAddress = new Uri($"https://127.0.0.1:{Port}"),
            DefaultRequestVersion = http1 ? HttpVersion.Version11 : HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
    }

    /// <summary>The process's resident memory in MiB.</summary>
    public double ResidentMiB() => MemoryMiB("VmRSS:");

    /// <summary>The most that it has been so far.</summary>
    public double PeakMiB() => MemoryMiB("VmHWM:");

    private double MemoryMiB(string field)
    {
        var line = File.ReadLines($"/proc/{Pid}/status").First(l => l.StartsWith(field, StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]) / 1024.0;
    }

    /// <summary>Stops it as an administrator would (SIGTERM); the directory stays until disposal.</summary>
    public void Stop()
    {
        if (_process is null)
            return;
        using (Process.Start("kill", ["-TERM", $"{_process.Id}"]))
        {
            if (!_process.WaitForExit(10_000))
                _process.Kill();
        }

        _process.Dispose();
        _process = null;
    }

    public void Dispose()
    {
        Stop();
        Directory.Delete(Data, recursive: true);
    }
}
