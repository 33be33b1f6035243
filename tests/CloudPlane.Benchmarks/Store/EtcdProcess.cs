using System.Diagnostics;
using System.Net.Sockets;

namespace CloudPlane.Benchmarks;

/// <summary>Debian's etcd, one member, default settings (fsync on), in a directory of its own. Ended when disposed.</summary>
internal sealed class EtcdProcess : IDisposable
{
    private readonly Process _process;

    private EtcdProcess(Process process) => _process = process;

    /// <summary>Processor time that it has used so far.</summary>
    public TimeSpan ProcessorTime
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    public static async Task<EtcdProcess> StartAsync(string directory, int port)
    {
        var start = new ProcessStartInfo("etcd")
        {
            ArgumentList =
            {
                "--data-dir", directory, "--log-level", "error",
                "--listen-client-urls", $"http://127.0.0.1:{port}", "--advertise-client-urls", $"http://127.0.0.1:{port}",
                "--listen-peer-urls", $"http://127.0.0.1:{port + 1}", "--initial-advertise-peer-urls", $"http://127.0.0.1:{port + 1}",
                "--initial-cluster", $"default=http://127.0.0.1:{port + 1}",
            },
            RedirectStandardError = true,
        };
        var etcd = new EtcdProcess(Process.Start(start)!);
        etcd._process.ErrorDataReceived += static (_, _) => { };
        etcd._process.BeginErrorReadLine();
        await WaitForPortAsync(port);
        return etcd;
    }

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }

    private static async Task WaitForPortAsync(int port)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                using var client = new TcpClient();
                await client.ConnectAsync("127.0.0.1", port);
                return;
            }
            catch (SocketException) when (attempt < 200)
            {
                await Task.Delay(50);
            }
        }
    }
}
