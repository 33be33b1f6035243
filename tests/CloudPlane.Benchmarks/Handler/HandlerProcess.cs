using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using CloudPlane.Functions;

namespace CloudPlane.Benchmarks;

/// <summary>The published program as the Functions host starts it: by its environment, without arguments. Killed when disposed.</summary>
internal sealed class HandlerProcess : IDisposable
{
    private readonly Process _process;
    private readonly int _port;

    private HandlerProcess(Process process, int port) => (_process, _port) = (process, port);

    /// <summary>What it has used of the processors so far.</summary>
    public TimeSpan ProcessorTime
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    /// <summary>Its resident memory in MiB.</summary>
    public double ResidentMiB
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64 / 1048576.0;
        }
    }

    /// <summary>Executes it; returns at once.</summary>
    /// <param name="settings">The app settings; beside the host's own all that it finds in its environment.</param>
    public static HandlerProcess Start(string app, IReadOnlyDictionary<string, string> settings)
    {
        var port = Loopback.FreePort();
        var start = new ProcessStartInfo(Path.Combine(app, "cloudplane")) { WorkingDirectory = app, RedirectStandardError = true };
        start.Environment.Clear();
        foreach (var (name, value) in settings)
            start.Environment[name] = value;
        start.Environment[HandlerSettings.PortVariable] = port.ToString(CultureInfo.InvariantCulture);
        start.Environment["FUNCTIONS_CUSTOMHANDLER_WORKER_ID"] = Guid.NewGuid().ToString();
        start.Environment["FUNCTIONS_APP_ROOT_PATH"] = app;
        start.Environment["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
        start.Environment["HOME"] = "/home";
        var process = Process.Start(start)!;
        process.ErrorDataReceived += static (_, e) => { if (e.Data is not null) Console.Error.WriteLine(e.Data); };
        process.BeginErrorReadLine();
        return new(process, port);
    }

    /// <summary>As an administrator of the cluster, plain HTTP/1.1 as the host speaks it.</summary>
    public HttpClient Client(HandlerCluster cluster)
    {
        var client = new HttpClient(new SocketsHttpHandler { UseProxy = false, UseCookies = false, ActivityHeadersPropagator = null })
        {
            BaseAddress = new Uri($"http://127.0.0.1:{_port}{cluster.Path}/"),
        };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", cluster.Token);
        return client;
    }

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }
}
